"""The patient's age when an image was made, as far as the file's age and dates tell it (PS3.3 C.7.2.2, PS3.5 6.2).

An age is an interval: a date may be a year only, and an age of 17 years ends on the eighteenth birthday.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date
from typing import NamedTuple

from bsnet_core.dicom_dates import DayRange, possible_days
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata

ADULT_YEARS = 18
"""Age from which on images are scored: the networks are trained on adults."""
OLDEST_YEARS = 125
"""Ages from here on stand for an unknown one, such as 999Y."""
NARROW_YEARS = 3
"""Width of an interval that says something about the patient; a wider one is an unknown age."""
DAYS_PER_YEAR = 365.25
_UNIT_WORDS = {
    1.0: (
        *("y", "yr", "yrs", "yo", "year", "years", "j", "jahr", "jahre", "jahren", "an", "ans", "annee", "annees"),
        *("a", "anno", "anni", "ano", "anos", "jaar", "jr", "rok", "lat", "lata", "let", "rokov", "roky", "yas", "yil"),
        *("ar", "år", "vuotta", "v", "ev", "eves", "год", "года", "лет", "гг", "рік", "років", "ετων", "ετη"),
        *("岁", "歳", "才", "歲", "年", "세", "살"),
    ),
    1 / 12: (
        *("m", "mo", "mos", "mon", "mth", "mths", "month", "months", "monat", "monate", "monaten", "mois", "mese"),
        *("mesi", "mes", "meses", "maand", "maanden", "mies", "miesiac", "miesiecy", "mesic", "ay", "aylik", "manad"),
        *("manader", "мес", "месяц", "месяца", "месяцев", "月", "ヶ月", "か月", "カ月", "个月", "個月", "개월"),
    ),
    7 / DAYS_PER_YEAR: (
        *("w", "wk", "wks", "week", "weeks", "woche", "wochen", "semaine", "semaines", "settimana", "settimane"),
        *("semana", "semanas", "weken", "tydzien", "tygodni", "hafta", "нед", "неделя", "недель", "周", "週", "주"),
    ),
    1 / DAYS_PER_YEAR: (
        *("d", "day", "days", "tag", "tage", "tagen", "jour", "jours", "giorno", "giorni", "dia", "dias", "dag"),
        *("dagen", "dzien", "dni", "gun", "день", "дня", "дней", "日", "天", "일"),
    ),
}
"""Unit in years: its words in the languages of radiology departments, lower case and without accents."""
_PART = re.compile(r"(\d{1,6}(?:[.,]\d+)?)[\s._-]*([^\W\d_]+)[\s.,]*")
_UNIT_FIRST = re.compile(r"([ymwd])[\s.:]*(\d{1,6})")
_BARE = re.compile(r"(\d{1,3})(?:\s*[^\x00-\x7f]+)?")
"""A number alone, or with a unit in a language that is not among them."""


class AgeRange(NamedTuple):
    """Ages in years that are possible: at least `low`, below `high`; both the same for an exact age."""

    low: float
    high: float
    has_unit: bool = True
    """Whether the file says what the number counts."""

    @property
    def is_child(self) -> bool:
        """Whether the patient is under age for certain."""
        return self.low < ADULT_YEARS and self.high <= ADULT_YEARS + 1e-9

    @property
    def is_adult(self) -> bool:
        """Whether the patient is of age for certain."""
        return self.low >= ADULT_YEARS


def possible_age(metadata: ImageMetadata) -> AgeRange | None:
    """The patient's age when the image was made, or None if the file does not tell it.

    Patient's Age takes precedence over the time from the birth date to the date of the image, except for a number
    without a unit, and for an age of 0 that the dates contradict: modalities write it if nobody has entered an age.
    """
    stated, by_dates = _stated_age(metadata.patient_age), _age_by_dates(metadata)
    if stated is None or by_dates is None:
        return stated or by_dates
    is_not_entered = stated.low == 0 and by_dates.low >= stated.high
    return by_dates if is_not_entered or not stated.has_unit else stated


def age_notes(metadata: ImageMetadata) -> tuple[str, ...]:
    """Sentences on ages that contradict each other, or leave open whether the patient is an adult.

    They quote no age: a great one identifies a person.
    """
    stated, by_dates, age = _stated_age(metadata.patient_age), _age_by_dates(metadata), possible_age(metadata)
    if stated is not None and by_dates is not None:
        if stated.is_child and by_dates.is_adult and age == by_dates:
            return (
                _(
                    "The age that the file states contradicts its dates, which are those of an adult. The dates were "
                    "used: check the patient."
                ),
            )
        if stated.is_child and by_dates.is_adult:
            return (_("The file states a child's age, but its dates are those of an adult: check the patient."),)
        if stated.is_adult and by_dates.is_child:
            return (_("The file states an adult's age, but its dates are those of a child: check the patient."),)
    if age is not None and age.low < ADULT_YEARS < age.high and age.high - age.low <= NARROW_YEARS:
        note = _(
            "According to the file, the patient is between {low} and {high} years old, perhaps not an adult. The "
            "network was trained on adults."
        )
        return (note.format(low=math.floor(age.low), high=math.ceil(age.high) - 1),)
    return ()


def _stated_age(stated: str) -> AgeRange | None:
    """Patient's Age, 3 digits and D, W, M or Y; or another notation that leaves no doubt.

    A number without a unit is a child's if it is one in every unit.
    """
    text = (
        re.sub(r"[\s.,]*\b(?:old|alt|of age)\b\.?$", "", _plain(stated[:64])).replace("y/o", "yo").replace("y.o", "yo")
    )
    sign, text = (text[:1], text.lstrip("<>≤≥= ")) if text[:1] in tuple("<>≤≥") else ("", text)
    if text.endswith("+"):
        sign, text = ">", text[:-1].strip()
    age = _measured(text)
    if age is None or age.low >= OLDEST_YEARS or (sign and not age.has_unit):
        return None
    if sign in ("<", "≤"):
        return AgeRange(0.0, age.low)
    return AgeRange(age.low, float(OLDEST_YEARS)) if sign else age


def _plain(text: str) -> str:
    """Lower case, without accents and full-width digits."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not unicodedata.combining(sign))).strip()


_YEARS_PER_UNIT = {_plain(word): years for years, words in _UNIT_WORDS.items() for word in words}


def _measured(text: str) -> AgeRange | None:
    """An age in one or more units, or without one."""
    unit_first = _UNIT_FIRST.fullmatch(text)
    if unit_first:
        text = unit_first[2] + unit_first[1]
    parts = list(_PART.finditer(text))
    units = [_YEARS_PER_UNIT.get(part[2]) for part in parts]
    if not parts or "".join(part[0] for part in parts) != text or None in units:
        bare = _BARE.fullmatch(text)
        number = int(bare[1]) if bare else 0
        return AgeRange(number / DAYS_PER_YEAR, number + 1.0, has_unit=False) if number else None
    known = [unit for unit in units if unit is not None]
    if sorted(known, reverse=True) != known or len(set(known)) != len(known):
        return None
    numbers = [float(part[1].replace(",", ".")) for part in parts]
    low = sum(number * unit for number, unit in zip(numbers, known, strict=True))
    width = known[-1] if numbers[-1].is_integer() else 0.0
    return AgeRange(low, low + width)


def _age_by_dates(metadata: ImageMetadata) -> AgeRange | None:
    """The time from the birth date to the date of the image.

    If only the date of the file is known, the patient was at most as old as then.
    """
    born, made = possible_days(metadata.patient_birth_date), possible_days(metadata.study_date)
    is_latest = made is None
    made = made or possible_days(metadata.creation_date)
    if born is None or made is None or made.last < born.first:
        return None
    age = _between(born, made)
    if age.low >= OLDEST_YEARS:
        return None
    return AgeRange(0.0 if is_latest else max(age.low, 0.0), age.high)


def _between(born: DayRange, made: DayRange) -> AgeRange:
    """Whole years: birthdays, not days, make an adult."""
    return AgeRange(float(_birthdays(born.last, made.first)), float(_birthdays(born.first, made.last) + 1))


def _birthdays(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
