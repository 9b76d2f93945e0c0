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
GENERAL = [  # and a word of the right answer
    ("What is the capital of France?", "paris"), ("What color is the sky on a clear day?", "blue"),
    ("How many days are in a week?", "seven|7"), ("What is 2 plus 2?", "four|4"),
    ("Name a fruit that is yellow.", "banana|lemon|pineapple|mango"), ("What do bees make?", "honey"),
    ("What is the opposite of hot?", "cold|cool"), ("Which planet do we live on?", "earth"),
    ("What language is spoken in Spain?", "spanish"), ("What is frozen water called?", "ice"),
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
