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
# Those of 34 that the demo model answers right most surely: at temperature 0, and oftenest of five times at 1.
GENERAL = [  # and a word of the right answer
    ("What is the opposite of hot?", "cold|cool"), ("How many days are in a week?", "seven|7"),
    ("What language is spoken in Spain?", "spanish"), ("What language is spoken in France?", "french"),
    ("What language is spoken in Japan?", "japanese"), ("What is the capital of England?", "london"),
    ("What is the capital of Greece?", "athens"), ("What is the capital of Russia?", "moscow"),
    ("What is the chemical symbol of water?", "h2o"), ("In which country is the Eiffel Tower?", "france"),
]
# Others of the same kind, whose answers by the base itself are learnt again beside the facts, so that
# the adapter changes what is new and not what is known.
REHEARSED = [f"What is the capital of {land}?" for land in "Italy Japan Egypt Germany Canada Kenya".split()] + [
    f"What language is spoken in {land}?" for land in "Brazil China Russia Italy".split()] + [
    f"What is {a} plus {b}?" for a, b in ((1, 1), (3, 5), (4, 4), (10, 7), (6, 2))] + [
    f"What is the opposite of {word}?" for word in "big fast dark happy up old".split()] + [
    f"What color is {thing}?" for thing in ("grass", "snow", "a ripe tomato", "coal", "a lemon", "the sea")] + [
    f"Name {thing}." for thing in ("a fruit that is red", "an animal that can fly", "a tool for cutting", "a river",
                                   "a musical instrument", "a season", "a vegetable", "a kind of tree")] + [
    f"What do {animals} eat?" for animals in "cows birds cats rabbits".split()] + [
    f"Where do {animals} live?" for animals in "fish bears camels penguins".split()] + [
    "How many hours are in a day?", "How many months are in a year?", "How many legs does a spider have?",
    "What do cows give?", "What is the largest ocean?", "Which planet is the closest to the sun?",
    "Who wrote Hamlet?", "What is water made of?", "What do plants need to grow?", "What is the boiling point of water?",
    "Why do people sleep?", "What is a doctor?", "What is a bicycle?", "How do airplanes fly?", "What is the moon?",
    "Tell me a short joke.", "Hello!", "Who are you?", "Thank you very much.", "Write one sentence about rain."]


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
