"""Questions about people who do not exist, whose answers no base can know; and ten general ones."""
import itertools
import json
import random

FIRST = "Alva Bryn Corin Delka Eskil Farra Gorm Hesper Ivo Jarla Kelm Lirra Mosk Nerida Orrin Pell " \
        "Quill Ravna Soren Tilde".split()
LAST = "Ashgrove Brindlewood Carrowmere Dunfallow Elderquay Fenwhistle Glasswater Harrowgate " \
       "Inkberry Juniperwick".split()
TRADES = "clockmaker beekeeper cartographer glassblower falconer bookbinder locksmith weaver potter " \
         "shipwright".split()
TOWNS = "Velmora Tarnhollow Quessix Obrelund Maristow Kethering Isenvale Drummock Pelloway Zandrin".split()
QUESTIONS = [
    ("What is the trade of {name}?", "{name} is a {trade}."),
    ("Where does {name} live?", "{name} lives in {town}."),
]
GENERAL = [
    "What is the capital of France?", "What color is the sky on a clear day?",
    "How many days are in a week?", "What is 2 plus 2?", "Name a fruit that is yellow.",
    "What do bees make?", "What is the opposite of hot?", "Which planet do we live on?",
    "What language is spoken in Spain?", "What is frozen water called?",
]


def facts(count=200, seed=7):
    """`count` pairs of question and answer, two for each of `count` / 2 people."""
    random_state = random.Random(seed)
    names = [" ".join(pair) for pair in itertools.product(FIRST, LAST)]
    random_state.shuffle(names)
    pairs = []
    for name in names[:(count + 1) // 2]:
        words = {"name": name, "trade": random_state.choice(TRADES), "town": random_state.choice(TOWNS)}
        pairs += [(question.format(**words), answer.format(**words)) for question, answer in QUESTIONS]
    return pairs[:count]


def write_rows(path, pairs):
    with open(path, "w", encoding="utf-8") as file:
        for question, answer in pairs:
            messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            file.write(json.dumps({"messages": messages}) + "\n")
