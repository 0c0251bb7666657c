"""Body parts in the headers of radiographs: those that show the lungs, and the others.

Body Part Examined has defined terms (PS3.16 Annex L), but files hold whatever the device or the person at it writes.
The words are written without accents and separators, and in the singular, except where a language forms its plural
otherwise than by the endings in `stated_body_part.py`.
"""

from __future__ import annotations

from bsnet_core.inference.plain_words import plain_set

CHEST_TERMS = plain_set("""
    chest thorax lung heart mediastinum bronchus thymus pleura diaphragm hemithorax cxr chst trunk chestabdomen
    chestabdpelvis chestabdpelv chestabdomenpelvis neckchest neckchestabdomen neckchestabdpelv
    neckchestabdpelvis thoracicaorta aorticarch ascaorta pulmonarya pulmonaryv rpulmonarya lpulmonarya svc
    intrathoracic tracheabronchus bronchi lungfield pulmonary airway cardiac
    brust brustkorb lunge lungen herz thoraxorgane poumon coeur poitrine polmone polmoni torace cuore petto
    torax pulmon pulmones pulmao pulmoes coracao corazon pecho peito borst borstkas longen hart bryst brost
    lungor lungar keuhko keuhkot rintakeha klatka pluca plica hrudnik hrud srdce tudo mellkas plamani toracas
    gogus akciger toraks грудь грудная грудной огк легкие легких легкое торакс θωρακας θωρακος صدر الصدر חזה
""")
"""Radiographs of these parts are exposed for lungs, heart or mediastinum, or for more than the chest.

Ribs, sternum, clavicles, shoulder blades, thoracic spine and trachea are not among them, though their radiographs show
lungs: they are exposed for bone or for a narrow field, often of one side. The network was not trained on such images.
"""

_ABDOMEN = """
    abdomen abdo abd abdomenpelvis abdominopelvic kub belly gastrointestinal stomach bowel colon colonicflexure
    cecum sigmoid smallintestine largeintestine intestine duodenum jejunum ileum rectum anus anusrectumsigmd
    appendix esophagus oesophagus esophagusstomach liver gallbladder bileduct commonbileduct biliarytract
    pancreas pancreaticduct spleen kidney renal adrenal ureter urethra bladder urinarytract uppurinarytract
    urogram ivp ivu prostate penis scrotum testis uterus uterusfallopian cervix vagina vulva ovary fallopiantube
    hysterosalpingogram perineum groin inguinal umbilical hypogastric epigastric flank retroperitoneum
    abdominalaorta ivc
"""
_LIMBS_AND_PELVIS = """
    ankle arm upperarm upperlimb upperextremity lowerlimb lowerextremity extremity extrem exm upexm lowexm
    uextrem lextrem limb axilla buttock calcaneus
    oscalcis heel carpus carpal carpalbone clavicle collarbone elbow femur fibula finger digit foot feet
    forefoot hindfoot forearm hand metacarpal metacarpus metatarsal metatarsus phalanx phalange hip hipjoint
    humerus knee kneejoint kneecap leg lowerleg upperleg legs longleg patella radius radiusulna ulna scaphoid
    navicular shoulder shoulderblade acjoint acromioclavicularjoint acromion glenoid scapula scjoint
    sternoclavicularjoint sijoint sacroiliacjoint sacroiliac tarsus tarsal tarsaljoint talus thigh thumb tibia
    tibiafibula tibfib tibiofibula toe bigtoe hallux wrist ilium iliac pelvis pelvic pelvichip pelvislowextremt
    acetabulum symphysis pubis ischium joint bone bonesurvey skeletalsurvey skeleton wholebody entirebody
    fullbody boneage
"""
_SPINE_AND_CHEST_WALL = """
    spine spinal wholespine fullspine totalspine cspine tspine dspine lspine sspine ctspine tlspine lsspine ssspine
    scspine cervicalspine thoracicspine dorsalspine lumbarspine lumbosacralspine sacralspine
    cervicothoracicspine thoracolumbarspine cervicaltspine lumbosacral thoracolumbar thoracolumbarjunction
    lumbar cervical vertebra vertebral vertebralcolumn spinalcolumn sacrum sacral coccyx sacrococcyx odontoid
    dens scoliosis back lowerback rib ribcage costa sternum manubrium trachea
"""
_HEAD_AND_NECK = """
    head headneck skull cranium cranial brain face facial facialbone nose nasal nasalbone sinus paranasalsinus
    pns orbit eye ear iac internalauditorycanal mastoid petrousbone temporalbone mandible maxilla jaw jawregion
    tmj temporomandibularjoint tooth teeth dental zygoma zygomaticarch sella sellaturcica opticcanal mouth
    tongue lip palate pharynx nasopharynx hypopharynx larynx epiglottis adenoid neck softtissueneck throat
    thyroid parathyroid parotid submandibular salivarygland scalp cheek chin occiput cerebellum circleofwillis
    carotid
"""
_BREAST_AND_PHANTOM = """
    breast mamma mammary phantom
"""
_IN_GERMAN = """
    bauch becken bein oberschenkel unterschenkel oberarm unterarm ellenbogen ellbogen finger daumen fuss vorfuss
    ferse fersenbein grosszehe zehe hand handgelenk huft hufte huefte huftgelenk hws bws lws halswirbelsaule
    brustwirbelsaule lendenwirbelsaule wirbelsaule wirbel kiefer kinn knie kniegelenk kreuzbein steissbein nase
    nasennebenhohle nnh ohr rippe schadel schaedel schlusselbein schluesselbein schulter schulterblatt
    schultergelenk sprunggelenk osg brustbein hals kopf
"""
_IN_ROMANCE_LANGUAGES = """
    abdome abdomine addome addominale anca anche bacino bassin bras braccio brazo avambraccio antebrazo
    antebraco avantbras cabeza cabeca cadera calcagno calcaneum calcaneo caviglia tobillo tornozelo cheville
    clavicola clavicula clavicule collo cuello pescoco cou coude codo cotovelo gomito costola costilla costela
    coste cote coxa cranio craneo crane cuisse muslo dedo doigt dito dita denti diente dente dent epaule
    escapula omoplate omoplato espalda hombro ombro spalla estomago fegato femore fianco genou ginocchio rodilla
    joelho jambe gamba pierna perna main mano mani mao maos mandibola mandibula machoire nez naso nariz nuca
    orteil pie piede piedi pied pe pes poignet polso pulso punho muneca pollice pouce pulgar polegar rachide
    rachis colonna columna coluna schiena sacro seni seno seins ojo occhio oeil omero perone rotula sterno
    esternon spalle testa tete ventre
"""
_IN_DUTCH = """
    buik bekken been enkel elleboog heup hoofd knie kniegewricht onderarm onderbeen bovenarm bovenbeen pols rib
    schedel schouder sleutelbeen teen voet vinger wervelkolom nek
"""
_IN_SLAVIC_LANGUAGES = """
    brzuch bark biodro czaszka dlon kolano kregoslup lokiec miednica nadgarstek noga obojczyk palec piszczel
    przedramie ramie reka stopa szyja udo zebra zatoki zeby живот бедро голень голова голеностоп кисть колено
    коленный локоть стопа плечо позвоночник таз таза череп шея ребра ключица hlava koleno kycel lebka lakt noha
    panev pater rameno ruka zapesti
"""
_IN_TURKISH = """
    ayak bacak boyun diz dirsek kafa kalca karin kol omuz omurga pelvik elbilek
"""
OTHER_TERMS = plain_set(
    " ".join(
        (
            _ABDOMEN,
            _LIMBS_AND_PELVIS,
            _SPINE_AND_CHEST_WALL,
            _HEAD_AND_NECK,
            _BREAST_AND_PHANTOM,
            _IN_GERMAN,
            _IN_ROMANCE_LANGUAGES,
            _IN_DUTCH,
            _IN_SLAVIC_LANGUAGES,
            _IN_TURKISH,
        )
    )
)
"""Parts whose radiographs are not scored."""

_BONES_AND_OTHERS_IN_CJK = """
    胸椎 胸骨 頸椎 颈椎 腰椎 脊柱 脊椎 骨盆 骨盤 腹 膝 足 肩 手 肘 髋 股関節 頭 头 颅 鼻 顎 肋骨 鎖骨 锁骨
    경추 요추 흉추 골반 복부 무릎 손 발 어깨 두개골 늑골
"""
OTHER_IN_CJK = tuple(_BONES_AND_OTHERS_IN_CJK.split())
CHEST_IN_CJK = ("胸", "肺", "흉부", "가슴", "폐", "心臓", "心脏")
"""Looked for anywhere in a text, after the bones of the chest."""
