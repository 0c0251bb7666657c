"""Words for views of the chest in the headers of radiographs, in the languages of their departments.

View Position has defined terms (PS3.3 C.8.1.2 and C.8.11.5), but files hold whatever the device or the person at it
writes; descriptions and protocol names are free text.
"""

from __future__ import annotations

from bsnet_core.inference.plain_words import plain_set

LATERAL_WORDS = plain_set("""
    lat lateral laterals laterale laterales laterali lateraal lateralt lateralis lateralne lateralny lateralna
    lateralaufnahme lateralansicht laterolateral laterolaterale laterolateralis laterolateralno sinistrolateral
    dextrolateral llat rlat latl latr ltlat rtlat lltl latll latrl xlat xtlat xtl xtablelat crosstablelateral
    lateromedial mediolateral sidelat swimmer swimmers
    seitlich seitliche seitlicher seitliches seitl seitbild seitaufnahme seitenaufnahme seitenansicht
    seitenbild seitenprojektion
    profil profils profilo perfil perfilo profiel profilaufnahme profilowe profilowy profilowa
    profilna profilni profilne
    zijdelings zijdelingse zijopname zijaanzicht zijwaarts dwars dwarse dwarsopname
    boczne boczna boczny bocznie bocz boczn bokiem
    bocni bocna bocny bocne bocno
    bokovaya bokovaja bokova
    боковая боковой боковое боковую боков бокова бічна бічний латеральная латеральный латерально профиль
    профильная
    странична профилна
    oldalirany oldaliranyu oldalso oldalfelvetel
    yan lateralgrafi
    sidobild sidoprojektion sidobilder sidebilde sidebillede sideoptagelse sideopptak sivukuva sivusuunta
    sivuprojektio lateraalinen
    πλαγια πλαγιο προφιλ
    nghieng
    جانبي جانبية لترال نيمرخ نیمرخ
    צד צידי לטרלי
""")
LATERAL_VIEW_WORDS = LATERAL_WORDS | plain_set("ll rl ml lm profile side seite stl sidebild sida sivu bok бок")
"""In View Position also its defined terms, and words that mean something else elsewhere, such as the left side."""
LATERAL_SERIES_WORDS = LATERAL_WORDS | plain_set("ll profile stl")
LATERAL_PHRASES = (
    *("side view", "z boku", "bok lewy", "bok prawy", "lewy bok", "prawy bok", "levy bok", "pravy bok", "левый бок"),
    *(
        "правый бок",
        "sol yan",
        "sag yan",
        "veduta di lato",
        "von der seite",
        "links anliegend",
        "rechts anliegend",
        "li anl",
        "re anl",
        "de cote",
        "thorax seite",
        "lunge seite",
        "klatka bok",
        "klatka piersiowa bok",
        "klp bok",
        "lungor sida",
        "thorax sida",
        "de lado",
    ),
)
"""Words that say it only together."""

OBLIQUE_WORDS = plain_set("""
    obl obliq oblique obliques obliqua obliquo oblicua oblicuo oblicuas obliquas obliquos obliqui oblikk oblik oblikna
    lao rao lpo rpo llo rlo loblique roblique lobl robl
    schrag schrage schrager schragaufnahme schraeg schraege schraegaufnahme
    schuin schuine driekwart skosne skosna skosny skos sikma sikmy sikme kosa kosi kose ferde oblicni
    косая косой косые косое коса λοξη λοξες vinotasuunta snedprojektion skraoptagelse skrabilde
""")

FRONTAL_WORDS = plain_set("""
    pa ap paap appa dv vd frontal frontale frontales frontali frontaal frontalt frontalis frontalaufnahme front face
    faccia fronte frente antero anterior posterior posteroanterior anteroposterior anteriorposterior posterioranterior
    posteroanteriore anteroposteriore posteroanterieur anteroposterieur postero ventrodorsal dorsoventral
    przednio tylno przedniotylne tylnoprzednie predozadni zadopredni predozadna zadopredna
    прямая прямой прямое переднезадняя заднепередняя передняя задняя фас
    apsupine apsitting apportable appa apchest pachest apaxial apierect paerect aperect papeds apscout
    οπισθοπροσθια προσθιοπισθια thang
""")

DECUBITUS_WORDS = plain_set("""
    decubitus decub decubito decubiti decubit dekubitus dekubit decu dcub decb lld rld lldecub rldecub
    seitenlage linksseitenlage rechtsseitenlage zijligging recumbent
""")
"""The patient lies on the side, and the view is frontal, whatever "lateral" is written beside it."""

SEVERAL_VIEWS_WORDS = plain_set("""
    and und et e y ed en i a oraz with mit avec con com z incl including plus w zusatzlich view views vw vws v
    ebenen eb
    incidences incidence proiezioni proyecciones projecoes vues richtingen richting projekcje projekcie series serie
    verschiedene both beide deux due dos dwa two 2v 3v 2vw 2view 2views
""")
"""In the description of a whole examination: there may be another image than the one that is named."""

CHEST_PREFIXES = ("chest", "thorax", "thx", "torax", "torace", "cxr")
"""Written together with the word for the view, as in THORAXLAT."""

YEARS_IN_POLISH = frozenset({"do", "po", "od", "dzieci", "dziecko", "dziecka", "powyzej", "ponizej", "wiek"})
"""Beside one of them and a number, "lat" means years."""

CJK_VIEWS = (
    ("both", ("正侧", "正側", "侧正", "側正", "两面", "2方向", "二方向", "정측", "정면측면")),
    ("decubitus", ("侧卧", "側卧", "側臥", "侧臥", "側卧", "측와")),
    ("oblique", ("斜位", "斜方", "斜像", "사위상", "사방향")),
    ("lateral", ("侧位", "側位", "侧面", "側面", "侧片", "側片", "측면", "측방", "측위", "ラテラル", "セイソク")),
    ("frontal", ("正位", "正面", "后前", "後前", "前后", "前後", "정면", "후전", "전후", "背腹", "腹背")),
)
"""Languages that write no spaces, the first that is found decides."""
