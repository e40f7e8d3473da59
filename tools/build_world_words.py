"""Rebuild the English words of `tasks/world/words.json` from Debian's `wamerican-small`.

    python tools/build_world_words.py

Only the list `languages.en.words` is replaced; labels and the other languages are written by hand.
Licence of the list (SCOWL): `tasks/world/WORDS.md`.
"""

import json
import random
import re
import subprocess
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tasks/world/words.json"
COUNT = 7000
COARSE = re.compile(
    "fuck|shit|cunt|nigg|fag|bitch|whore|slut|rape|rapi|porn|penis|vagin|dildo|wank|piss|cock|dick"
    "|arse|ass(es)?$|bastard|boob|tits?$|damn|kike|spic|chink|wog$|coon|sodom|incest|sex|erot|prostit|genit|^nud|perver|molest|suicid|murder|tortur|brothel|horny|hump|retard|nazi|orgas|turd|crap"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fetch = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "wamerican-small"]
        subprocess.run(fetch, cwd=folder, check=True)
        package = next(Path(folder).glob("*.deb"))
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        text = Path(folder, "usr/share/dict/american-english-small").read_text()
    words = [w for w in text.split() if re.fullmatch("[a-z]{3,12}", w) and not COARSE.search(w)]
    chosen = sorted(random.Random("world").sample(words, COUNT))
    data = json.loads(TARGET.read_text())
    data["languages"]["en"] = {"words": chosen}
    lines = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(lines.replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
