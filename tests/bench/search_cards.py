#!/usr/bin/env python3
"""search_cards.py PACK OUT COUNT SEED [QUERIES]: a copy of a pack with COUNT cards, those
that it lacks invented, and what readers would type to find one of them.

The cards are made of what offices do (renew, transfer, appeal ...), to what (a licence, a
shop sign, a well ...) and for whom, in both languages, so that words are shared between
many cards as they are in a real guide. OUT/pack is the pack; OUT/queries.en and
OUT/queries.ar have QUERIES lines, no two alike: the card meant, a tab, the words as typed
(one to four words of the card, some with a letter wrong, a hamza or an article more or
less, a plural). The same seed gives the same files."""
import json
import os
import random
import shutil
import sys

DOES = [
    ("Apply for", "طلب"), ("Renew", "تجديد"), ("Replace a lost", "استبدال فاقد"), ("Replace a damaged", "استبدال تالف"),
    ("Cancel", "إلغاء"), ("Transfer", "نقل ملكية"), ("Amend", "تعديل بيانات"), ("Register", "تسجيل"),
    ("Get a certified copy of", "استخراج نسخة مصدقة من"), ("Pay the fine for", "دفع مخالفة"), ("Appeal a decision on", "التظلم من قرار"),
    ("Suspend", "إيقاف مؤقت"), ("Reactivate", "إعادة تفعيل"), ("Report the loss of", "الإبلاغ عن فقدان"),
    ("Verify", "التحقق من صحة"), ("Extend", "تمديد"), ("Book an inspection for", "حجز معاينة"), ("Correct a mistake in", "تصحيح خطأ في"),
    ("Get a letter about", "إصدار إفادة عن"), ("Ask for exemption from the fee of", "طلب الإعفاء من رسوم"),
]
WHAT = [
    ("driving licence", "رخصة القيادة"), ("vehicle registration", "تسجيل المركبة"), ("commercial registration", "السجل التجاري"),
    ("building permit", "رخصة البناء"), ("work permit", "تصريح العمل"), ("residence permit", "إقامة"), ("birth certificate", "شهادة الميلاد"),
    ("marriage contract", "عقد الزواج"), ("death certificate", "شهادة الوفاة"), ("passport", "جواز السفر"), ("visit visa", "تأشيرة الزيارة"),
    ("property deed", "وثيقة الملكية"), ("land survey", "مسح الأرض"), ("shop sign", "لافتة المحل"), ("street stall", "كشك الطريق"),
    ("fishing licence", "رخصة الصيد"), ("boat registration", "تسجيل القارب"), ("well", "بئر ارتوازية"), ("electricity connection", "توصيل الكهرباء"),
    ("water connection", "توصيل المياه"), ("sewer connection", "توصيل الصرف الصحي"), ("housing loan", "قرض الإسكان"), ("housing unit", "الوحدة السكنية"),
    ("unemployment benefit", "إعانة التعطل"), ("disability allowance", "مخصص الإعاقة"), ("pension", "المعاش التقاعدي"), ("health card", "البطاقة الصحية"),
    ("vaccination record", "سجل التطعيم"), ("pharmacy licence", "ترخيص الصيدلية"), ("medical practice", "مزاولة مهنة الطب"), ("school place", "مقعد دراسي"),
    ("university scholarship", "بعثة جامعية"), ("degree equivalence", "معادلة الشهادة"), ("nursery licence", "ترخيص الحضانة"), ("teaching licence", "رخصة التدريس"),
    ("trademark", "العلامة التجارية"), ("patent", "براءة الاختراع"), ("import permit", "تصريح الاستيراد"), ("export certificate", "شهادة التصدير"),
    ("customs declaration", "البيان الجمركي"), ("court claim", "الدعوى القضائية"), ("power of attorney", "التوكيل"), ("inheritance deed", "إعلام الوراثة"),
    ("guardianship", "الولاية على القاصر"), ("restaurant licence", "ترخيص المطعم"), ("hotel licence", "ترخيص الفندق"), ("tour guide card", "بطاقة المرشد السياحي"),
    ("charity collection", "جمع التبرعات"), ("mosque building", "بناء المسجد"), ("pilgrimage permit", "تصريح الحج"), ("burial permit", "تصريح الدفن"),
    ("farm licence", "ترخيص المزرعة"), ("palm trees", "أشجار النخيل"), ("livestock health certificate", "شهادة صحة المواشي"), ("pet import", "استيراد حيوان أليف"),
    ("environmental permit", "الترخيص البيئي"), ("waste collection", "جمع النفايات"), ("drone permit", "تصريح الطائرة المسيرة"), ("radio frequency", "التردد اللاسلكي"),
    ("postal box", "صندوق البريد"), ("newspaper licence", "ترخيص الصحيفة"), ("sports club", "النادي الرياضي"), ("museum visit", "زيارة المتحف"),
    ("traffic accident report", "تقرير حادث مروري"), ("good conduct certificate", "شهادة حسن السيرة"), ("weapon licence", "رخصة السلاح"),
]
WHOM = [
    ("", ""), ("for companies", "للشركات"), ("for visitors", "للزوار"), ("for residents", "للمقيمين"), ("for children", "للأطفال"),
    ("for the elderly", "لكبار السن"), ("for government staff", "لموظفي الحكومة"), ("for investors", "للمستثمرين"), ("for students", "للطلبة"),
    ("for farmers", "للمزارعين"), ("from abroad", "من الخارج"), ("by an agent", "عن طريق وكيل"),
]
SAYS = [
    ("The request is checked against the register before it is approved.", "يدقق الطلب مقابل السجل قبل الموافقة عليه."),
    ("An inspector visits the place within five working days.", "يزور المفتش الموقع خلال خمسة أيام عمل."),
    ("The fee is paid online and a receipt is sent to the applicant.", "يدفع الرسم إلكترونيًا ويرسل الإيصال إلى مقدم الطلب."),
    ("Only the owner or a person with a power of attorney may apply.", "لا يقدم الطلب إلا المالك أو من يحمل توكيلًا رسميًا."),
    ("Documents in other languages need a certified translation.", "تحتاج المستندات باللغات الأخرى إلى ترجمة معتمدة."),
    ("A decision can be appealed within thirty days.", "يجوز التظلم من القرار خلال ثلاثين يومًا."),
    ("The certificate is issued in both languages and carries a code.", "تصدر الشهادة باللغتين وتحمل رمزًا للتحقق."),
    ("Guardians apply for those who are under age.", "يقدم الأولياء الطلب نيابة عن القصر."),
    ("The service centre answers questions by telephone.", "يجيب مركز الخدمة عن الأسئلة بالهاتف."),
    ("An earlier permit must have no unpaid fine.", "يشترط ألا تكون على التصريح السابق مخالفة غير مدفوعة."),
    ("The municipality and the civil defence are asked for their opinion.", "يؤخذ رأي البلدية والدفاع المدني."),
    ("The old card is returned when the new one is collected.", "تعاد البطاقة القديمة عند تسلم الجديدة."),
]
HAMZA = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"}
LETTERS = {"en": "abcdefghijklmnopqrstuvwxyz", "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"}


def both(pair):
    return {"en": pair[0], "ar": pair[1]}


def card(base, number, does, what, whom, entity, rng):
    """Like `base`, whose fields the pack's schema asks for, about something else."""
    c = dict(base)
    title = tuple(" ".join(p for p in parts if p) for parts in zip(does, what, whom))
    said = rng.sample(SAYS, 4)
    c.update({
        "id": f"invented-{number:04d}", "title": both(title), "provider": entity,
        "summary": both((f"{said[0][0]}", f"{said[0][1]}")),
        "description": both((" ".join([s[0] for s in said] + [title[0] + "."]), " ".join([s[1] for s in said] + [title[1] + "."]))),
        "steps": [both(s) for s in said[1:]],
        "keywords": {"en": what[0].split(), "ar": what[1].split()},
    })
    return c


def invent(base, count, entities, rng):
    kinds = [(d, w, o) for d in DOES for w in WHAT for o in WHOM]
    rng.shuffle(kinds)
    return [card(base, i, d, w, o, rng.choice(entities), rng) for i, (d, w, o) in enumerate(kinds[:count])]


def typo(word, lang, rng):
    at = rng.randrange(1, len(word))
    way = rng.randrange(4)
    letter = rng.choice(LETTERS[lang])
    if way == 0:
        return word[:at] + letter + word[at:]
    if way == 1:
        return word[:at] + word[at + 1:]
    if way == 2 or at + 1 >= len(word):
        return word[:at] + letter + word[at + 1:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2:]


def as_typed(word, lang, rng):
    if lang == "ar":
        if rng.random() < 0.5:
            word = "".join(HAMZA.get(c, c) for c in word)
        if word.startswith("ال") and rng.random() < 0.3:
            word = word[2:]
        elif len(word) > 3 and rng.random() < 0.2:
            word = "ال" + word
    elif rng.random() < 0.2 and len(word) > 3:
        word = word[:-1] if word.endswith("s") else word + "s"
    if len(word) >= 5 and rng.random() < 0.15:
        word = typo(word, lang, rng)
    return word.upper() if lang == "en" and rng.random() < 0.05 else word


def queries(cards, lang, count, rng):
    seen = {}
    while len(seen) < count:
        c = rng.choice(cards)
        words = c["title"][lang].split()
        n = min(len(words), rng.choice([1, 2, 2, 3, 3, 4]))
        kept = sorted(rng.sample(range(len(words)), n))
        q = " ".join(as_typed(words[i], lang, rng) for i in kept)
        if rng.random() < 0.1:
            q = ("how to " if lang == "en" else "كيف ") + q
        seen.setdefault(q, c["id"])
    return [(i, q) for q, i in seen.items()]


def main():
    pack, out, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    wanted = int(sys.argv[5]) if len(sys.argv) > 5 else 30000
    rng = random.Random(seed)
    shutil.copytree(pack, os.path.join(out, "pack"))
    services = os.path.join(out, "pack", "services")
    cards = []
    for name in sorted(os.listdir(services)):
        with open(os.path.join(services, name, "card.json"), encoding="utf-8") as f:
            cards.append(json.load(f))
    plain = next(c for c in cards if not os.path.exists(os.path.join(services, c["id"], "service.json")))
    entities = sorted({c["provider"] for c in cards})
    for c in invent(plain, max(0, count - len(cards)), entities, rng):
        os.mkdir(os.path.join(services, c["id"]))
        with open(os.path.join(services, c["id"], "card.json"), "w", encoding="utf-8") as f:
            json.dump(c, f, ensure_ascii=False, indent=1)
        cards.append(c)
    for lang in ("en", "ar"):
        with open(os.path.join(out, "queries." + lang), "w", encoding="utf-8") as f:
            f.writelines(f"{i}\t{q}\n" for i, q in queries(cards, lang, wanted, rng))


if __name__ == "__main__":
    main()
