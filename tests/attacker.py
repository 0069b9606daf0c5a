"""An attacker on a public page: reads every figure off its HTML and solves for what is hidden.

It shares no code with what hides the figures. It is given the page, the questionnaire (which answers a question
offered, of which kind it is, and what its sides are) and the method: that options which few of the latest wave chose
are folded, and that whoever is quoted under a theme raises it.
"""

import math
import re
from collections import defaultdict
from html.parser import HTMLParser
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

VOID = {"meta", "link", "br", "hr", "img", "input"}
COUNTED = re.compile(r"([\d,]+) of ([\d,]+)")
PERCENT = re.compile(r"(under |over |<|>)?(\d+)\s%")
ANY = "(any)"


class Node:
    """An element of a page."""

    def __init__(self, tag, attrs, parent):
        self.tag, self.attrs, self.parent, self.children = tag, dict(attrs), parent, []

    def walk(self):
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def all(self, tag, kind=""):
        return [n for n in self.walk() if n.tag == tag and (not kind or kind in n.attrs.get("class", "").split())]

    def one(self, tag, kind=""):
        return next(iter(self.all(tag, kind)), None)

    def above(self, tag):
        node = self.parent
        while node is not None and node.tag != tag:
            node = node.parent
        return node

    @property
    def text(self):
        return " ".join("".join(c if isinstance(c, str) else f" {c.text} " for c in self.children).split())

    @property
    def own(self):
        """The text without breaks between inline elements."""
        return " ".join("".join(c if isinstance(c, str) else c.own for c in self.children).split())


class Reader(HTMLParser):
    """Turn a page into nodes."""

    def __init__(self, html):
        super().__init__()
        self.root = self.at = Node("root", (), None)
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.at = self.at.children[-1]

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Node(tag, attrs, self.at))

    def handle_endtag(self, tag):
        node = self.at
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None:
            self.at = node.parent

    def handle_data(self, data):
        self.at.children.append(data)


class Questionnaire(NamedTuple):
    """What everybody knows who was asked.

    ``options`` and ``kinds`` by title of a question, ``sides`` by title of the explained question, ``open`` the titles
    of the open questions, ``folds`` under how many an option of the latest wave is folded, by title.
    """

    options: dict
    kinds: dict
    sides: dict
    open: list
    folds: dict


class System:
    """Unknown whole numbers, with bounds and linear rules."""

    def __init__(self):
        self.low, self.high, self.rules = {}, {}, []

    def var(self, key, low=0, high=math.inf):
        self.low[key] = max(self.low.get(key, 0), low)
        self.high[key] = min(self.high.get(key, math.inf), high)
        return key

    def rule(self, parts, low, high):
        for key in parts:
            self.var(key)
        self.rules.append((dict(parts), low, high))

    def share(self, key, base, low, high):
        """A share between two numbers, of a base that may itself be unknown."""
        self.rule({key: 1, base: -low}, -1e-6, math.inf)
        self.rule({key: 1, base: -high}, -math.inf, 1e-6)

    def blocks(self):
        """Each key's block: its keys and rules; what is known by its bounds joins nothing."""
        fixed = {key for key in self.low if self.low[key] == self.high[key]}
        of_key = defaultdict(list)
        for i, (parts, _, _) in enumerate(self.rules):
            for key in parts:
                of_key[key].append(i)
        found = {}
        for start in self.low:
            if start in found or start in fixed:
                continue
            keys, rules, edge = {start}, set(), [start]
            while edge:
                for i in of_key[edge.pop()]:
                    rules.add(i)
                    new = set(self.rules[i][0]) - fixed - keys
                    keys |= new
                    edge += new
            block = (sorted(keys), sorted(rules))
            found |= dict.fromkeys(keys, block)
        return found, fixed

    def ranges(self, targets, enough=math.inf):
        """The least and the most that each target can be; no further than ``enough`` need be known."""
        blocks, fixed = self.blocks()
        told, solvers = {}, {}
        for key in targets:
            if key in fixed:
                told[key] = (self.low[key], self.high[key])
                continue
            keys, rules = blocks[key]
            if keys[0] not in solvers:
                solvers[keys[0]] = self._solver(keys, rules)
            solve = solvers[keys[0]]
            told[key] = (solve(key, 1), solve(key, -1))
        return told

    def _solver(self, keys, rules):
        place = {key: i for i, key in enumerate(keys)}
        matrix, lows, highs = np.zeros((len(rules), len(keys))), [], []
        for row, i in enumerate(rules):
            parts, low, high = self.rules[i]
            known = 0
            for key, factor in parts.items():
                if key in place:
                    matrix[row, place[key]] += factor
                else:
                    known += factor * self.low[key]
            lows.append(low - known)
            highs.append(high - known)
        bounds = Bounds([self.low[k] for k in keys], [min(self.high[k], 1e6) for k in keys])
        rules = [LinearConstraint(matrix, lows, highs)] if lows else []

        def solve(key, sign):
            cost = np.zeros(len(keys))
            cost[place[key]] = sign
            found = milp(cost, integrality=np.ones(len(keys)), bounds=bounds, constraints=rules)
            assert found.x is not None, f"the attacker's rules contradict each other at {key}: {found.message}"
            return round(sign * found.fun)

        return solve


def number(text):
    return int(text.replace(",", ""))


def told(text):
    """What a printed figure says: a count or None, and the least and the most of its share or None."""
    count = re.search(r"\(([\d,]+)\)", text)
    n = number(count[1]) if count else None
    found = PERCENT.search(text)
    if not found:
        return n, None
    sign, p = (found[1] or "").strip(), int(found[2])
    if sign in ("under", "<"):
        return n, (0.0, 0.01)
    if sign in ("over", ">"):
        return n, (0.99, 1.0)
    return n, (max(p - 0.5, 0) / 100, min(p + 0.5, 100) / 100)


class Attack:
    """Everything that one page says, as a system of rules.

    Keys are ``("option", title, wave, answer)`` and ``("theme", question, theme, wave, attribute, value)``; bases stand
    under ``("base", …)``.
    """

    def __init__(self, html, asked):
        self.page, self.asked, self.system = Reader(html).root, asked, System()
        self.figures, self.leading = 0, {}
        self.charts, self.members, self.multi = {}, defaultdict(set), set()
        self.main = self.page.one("main")
        self.sections = {s.attrs["id"]: s for s in self.main.all("section") if "id" in s.attrs}
        asked_of = (li.own.partition(": ") for li in self.sections["asked"].one("ul").all("li"))
        self.waves = {wave: number(said.removeprefix("fewer than ").split()[0]) for wave, _, said in asked_of}
        # What the text shows stands in its chapters, and is read as the same piece of the evidence would be.
        views = [
            e for e in [*self.main.all("section"), *self.main.all("div")] if e.attrs.get("id", "")[:8] == "outlook-"
        ]
        for name, section in self.sections.items():
            if name in ("asked", "choices", "closed") or name.startswith("chapter-") or section in views:
                self.closed(section)
        for view in views:
            self.outlook(view)
        for heads in self.main.all("ul", "heads"):
            self.heads(heads)
        for name, read in (("themes", self.themes), ("published", self.published)):
            if name in self.sections:
                read(self.sections[name])
        if "trends" in self.sections:
            self.trends(self.sections["trends"])
        self.conclude()

    @staticmethod
    def rows(table):
        return [[c for c in tr.children if isinstance(c, Node)] for tr in table.one("tbody").all("tr")]

    @staticmethod
    def heads_of(table):
        return [th.own for th in table.one("thead").all("th")]

    def figure(self, key, base, text="", n=None, share=None):
        """Note what is printed of a count."""
        printed, shares = told(text)
        n = printed if n is None else n
        shares = share or shares
        if n is not None:
            self.system.var(key, n, n)
            self.figures += 1
        else:
            self.system.var(key)
        if base is not None:
            self.system.rule({base: 1, key: -1}, 0, math.inf)
            if shares:
                self.figures += 1
                self.system.share(key, base, *shares)

    def option(self, title, wave, label):
        base = ("base", "option", title, wave)
        self.system.var(base, 0, self.waves.get(wave, math.inf))
        return ("option", title, wave, label), base

    def theme(self, question, theme, wave, attribute="", value=""):
        base = ("base", "theme", question, wave, attribute, value)
        self.system.var(base, 0, self.waves.get(wave, math.inf))
        key = ("theme", question, theme, wave, attribute, value)
        self.members[question, theme, wave, attribute].add(key)
        return key, base

    def drawn(self, figure):
        """The shares of bars, and of the wave before, by the words beside them; what a screen reader says as well."""
        now, before = {}, {}
        for svg in figure.all("svg", "bars"):
            label = []
            shapes = [c for c in svg.children if isinstance(c, Node)]
            for shape in shapes:
                kind = shape.attrs.get("class", "").split()
                if "label" in kind:
                    label = [*label, shape.own] if not done_with(label) else [shape.own]
                elif "track" in kind:
                    label = Done(label)
                elif "bar" in kind:
                    now[" ".join(label)] = exactly(shape.attrs["width"])
                elif "before" in kind:
                    before[" ".join(label)] = exactly(shape.attrs["x"])
            for part in svg.one("desc").text.split("; "):
                name, _, said = part.rpartition(": ")
                if PERCENT.search(said):
                    now.setdefault(name, told(said)[1])
        return now, before

    def closed(self, section):
        for figure in section.all("figure", "chart"):
            table = next((t for t in figure.all("table") if self.heads_of(t)[0] == "Answer"), None)
            if table is None:
                continue
            title = table.one("caption").own.rpartition(" – shares")[0]
            waves = self.heads_of(table)[1:]
            note = figure.one("figcaption")
            note = note.own if note else ""
            if "More than one answer" in note:
                self.multi.add(title)
            latest = waves[-1]
            if found := re.search(r"(?:All ([\d,]+)|([\d,]+) of [\d,]+) who were asked answered", note):
                n = number(found[1] or found[2])
                self.system.var(("base", "option", title, latest), n, n)
            now, before = self.drawn(figure)
            labels, folded = [], False
            for cells in self.rows(table):
                label = cells[0].own
                if label.startswith("other answers"):
                    folded = True
                    continue
                if label not in self.asked.options.get(title, [label]):
                    self.together(title, waves, label, cells[1:])
                    continue
                labels.append(label)
                for wave, cell in zip(waves, cells[1:], strict=True):
                    key, base = self.option(title, wave, label)
                    self.figure(key, base, cell.own)
                if label in now:
                    key, base = self.option(title, latest, label)
                    self.figure(key, base, share=now[label])
                if label in before and len(waves) > 1 and before[label][0] < 0.994:
                    key, base = self.option(title, waves[-2], label)
                    self.figure(key, base, share=before[label])
            self.charts[title] = (labels, waves, folded)

    def together(self, title, waves, label, cells):
        """A box: its options counted together."""
        said = {part.casefold() for part in label.split(" or ")}
        mine = [each for each in self.asked.options[title] if each.casefold() in said]
        for wave, cell in zip(waves, cells, strict=True):
            key, base = self.option(title, wave, f"sum:{label}")
            self.figure(key, base, cell.own)
            if len(mine) == len(said) and title not in self.multi:
                self.system.rule({key: 1, **{self.option(title, wave, each)[0]: -1 for each in mine}}, 0, 0)

    def outlook(self, section):
        title = section.one("p", "lead").own
        wave = self.charts[title][1][-1] if title in self.charts else list(self.waves)[-1]
        parts = []
        for li in section.one("ul", "sides").all("li") if section.one("ul", "sides") else ():
            name = li.one("p", "name").own
            label = f"side:{name.casefold()}" if "rest" not in li.attrs.get("class", "") else "side:rest"
            key, base = self.option(title, wave, label)
            counts = COUNTED.search(li.one("p", "note").own) if li.one("p", "note") else None
            if counts:
                self.system.var(base, number(counts[2]), number(counts[2]))
            self.figure(key, base, li.one("p", "big").own, n=number(counts[1]) if counts else None)
            parts.append(key)
        if (svg := section.one("svg", "stack")) is not None:
            for part in svg.one("desc").text.split("; "):
                name, _, said = part.rpartition(": ")
                label = "side:rest" if name == "others" else f"side:{name.casefold()}"
                self.figure(*self.option(title, wave, label), said)
        blocks = [b for b in section.all("div", "block") if b.one("h4") is None or b.one("h3") is not None]
        for block in blocks[:1]:
            if block.one("h3") is None:
                continue
            question, method = block.one("h3").own, block.one("p", "note").own
            self.codable(question, method)
            for figure in block.all("figure", "chart"):
                self.theme_chart(question, figure)
                for table in figure.all("table"):
                    if "on each side" in table.one("caption").own:
                        sides = self.heads_of(table)[1:]
                        for cells in self.rows(table):
                            for side, cell in zip(sides, cells[1:], strict=True):
                                if found := re.search(r"of ([\d,]+)$", cell.own):
                                    key, base = self.theme(question, cells[0].own, wave, "side", side.casefold())
                                    n = number(found[1])
                                    self.system.var(base, n, n)
                                    self.figure(key, base, cell.own)

    def codable(self, question, note):
        if found := re.search(r"Base: ([\d,]+) respondents? with a codable answer in (\S+?)[.,]", note):
            n = number(found[1])
            self.system.var(("base", "theme", question, found[2], "", ""), n, n)

    def theme_chart(self, question, figure):
        table = next((t for t in figure.all("table") if "in brackets" in t.one("caption").own), None)
        if table is None:
            return
        waves = [h.removeprefix("after a break: ") for h in self.heads_of(table)[1:]]
        now, before = self.drawn(figure)
        for cells in self.rows(table):
            name = cells[0].own
            for wave, cell in zip(waves, cells[1:], strict=True):
                self.figure(*self.theme(question, name, wave), cell.own)
            if name in now:
                self.figure(*self.theme(question, name, waves[-1]), share=now[name])
            if name in before and len(waves) > 1 and before[name][0] < 0.994:
                self.figure(*self.theme(question, name, waves[-2]), share=before[name])

    def heads(self, listed):
        for li in listed.all("li"):
            title, answer, note = li.one("p", "question").own, li.one("p", "says").own, li.one("p", "note").own
            labels = self.asked.options.get(title, [])
            answer = re.sub(r"^Answered “(.*)”$|, on a scale from .*$", r"\1", answer)
            said = {label.casefold() for label in [answer, *answer.split(" or ")]}
            mine = [label for label in labels if label.casefold() in said]
            counts = re.search(r"([\d,]+) of ([\d,]+)(?:, weighted)? in ([^;]+)", note)
            if counts is None:
                self.leading[answer] = li
                continue
            wave = counts[3].strip()
            key, base = self.option(title, wave, answer if len(mine) == 1 else f"sum:{answer}")
            if len(mine) == 1:
                key = self.option(title, wave, mine[0])[0]
                if self.asked.kinds[title] == "single":
                    for label in labels:  # the answer most often chosen
                        self.system.rule({key: 1, self.option(title, wave, label)[0]: -1}, 0, math.inf)
            elif mine and title not in self.multi:
                parts = {self.option(title, wave, label)[0]: -1 for label in mine}
                self.system.rule({key: 1, **parts}, 0, 0)
            self.system.var(base, number(counts[2]), number(counts[2]))
            self.figure(key, base, n=number(counts[1]))
            if (moved := points(note)) and len(mine) == 1:
                old, old_base = self.option(title, moved[1], mine[0])
                self.changed(number(counts[1]) / number(counts[2]), moved[0], old, old_base)

    def changed(self, share, by, old, old_base):
        self.figure(old, old_base, share=(max(share - by - 0.0051, 0), min(share - by + 0.0051, 1)))

    def themes(self, section):
        for question in section.all("section", "question"):
            text = question.one("h3").own
            for figure in question.all("figure", "chart"):
                if figure.above("article") is None:
                    note = figure.one("figcaption")
                    self.codable(text, note.own if note else "")
                    self.theme_chart(text, figure)
            for article in question.all("article"):
                name = article.one("h4").own
                link = article.one("a")
                if article.one("div", "sheet") is None and link is not None:
                    place = link.attrs["href"].removeprefix("#")
                    article = next(s for s in self.main.all("section", "panel") if s.attrs.get("id") == place)
                self.article(text, name, article)

    def article(self, question, name, article):
        body = article.one("div", "sheet")
        facts = {each.one("dt").own: each.one("dd").own for each in body.one("dl").all("div")}
        said = f"{body.one('div', 'share').all('p')[1].own} {facts.get('Change', '')}"
        latest = None
        for table in article.all("table"):
            caption, heads = table.one("caption").own, self.heads_of(table)
            if caption == "Share who mention it, of those who answered":
                for wave, share, base in self.rows(table):
                    self.based(self.theme(question, name, wave.own), share.own, base.own)
                    latest = wave.own
            elif caption.endswith("of those who answered each question"):
                for other, wave, share, base in self.rows(table):
                    self.based(self.theme(other.own, name, wave.own), share.own, base.own)
            elif heads[0] == "Group":
                title, _, wave = caption.rpartition(", ")
                latest = wave
                for value, share, base, *_ in self.rows(table):
                    self.based(self.theme(question, name, wave, title, value.own), share.own, base.own)
        latest = latest or list(self.waves)[-1]
        key, base = self.theme(question, name, latest)
        self.figure(key, base, body.one("p", "big").own)
        if (li := self.leading.get(name)) is not None:
            self.figure(key, base, li.one("p", "big").own)
            if (bar := li.one("svg", "line").one("rect", "bar")) is not None:
                self.figure(key, base, share=exactly(bar.attrs["width"]))
        if counts := COUNTED.search(said.partition("(")[2]):
            self.system.var(base, number(counts[2]), number(counts[2]))
            self.figure(key, base, said.partition("(")[0], n=number(counts[1]))
        if found := re.search(r"by none of the ([\d,]+)", said):
            self.figure(key, base, n=0)
        if (svg := body.one("svg", "line")) is not None and (bar := svg.one("rect", "bar")) is not None:
            share = exactly(bar.attrs["width"])
            self.figure(key, base, share=share)
            if moved := points(said):
                old = self.theme(question, name, moved[1])
                self.changed(sum(share) / 2, moved[0], *old)
        if counts := COUNTED.search(facts.get("What people propose", "")):
            self.figure(key, base, n=number(counts[2]))
        by_wave = defaultdict(set)
        for q in article.all("figure", "quote"):
            *who, wave = q.one("figcaption").own.split(" · ")
            by_wave[wave, ""].add(q.one("blockquote").own)
            if who and who[0].startswith("One of the "):
                by_wave[wave, who[0].removeprefix("One of the ")].add(q.one("blockquote").own)
        for (wave, side), found in by_wave.items():
            self.system.var(self.theme(question, name, wave, "side" if side else "", side.casefold())[0], len(found))

    def based(self, pair, share, base):
        n = number(base)
        self.system.var(pair[1], n, n)
        self.figure(*pair, share)

    def published(self, section):
        for block in section.all("div", "block"):
            release = block.one("h3").own
            for details in block.all("details"):
                question = details.one("summary").own
                for theme, wave, then, now, difference in self.rows(details.one("table")):
                    name = theme.one("bdi").own
                    key = ("published", release, question, name, wave.own)
                    self.figure(key, None, then.own)
                    current = self.theme(question, name, wave.own)
                    if now.own != "–":
                        self.figure(*current, now.own)
                    if difference.own == "the same":
                        self.system.rule({key: 1, current[0]: -1}, 0, 0)

    def trends(self, section):
        for block in section.all("div", "block"):
            question = block.one("h3").own
            self.theme_chart(question, block.one("figure"))
            desc = block.one("svg", "trends").one("desc").own if block.one("svg", "trends") else ""
            for part in desc.split("; "):
                name, _, rest = part.rpartition(": ")
                for said in rest.split(", "):
                    wave, _, share = said.partition(" ")
                    if wave in self.waves and PERCENT.search(share):
                        self.figure(*self.theme(question, name, wave), share)

    def conclude(self):
        """What everybody knows of how the figures hang together."""
        for title, (labels, waves, folded) in self.charts.items():
            self.whole(title, labels, waves, folded)
        for (question, theme, wave, attribute), keys in list(self.members.items()):
            if attribute:
                self.split(question, theme, wave, attribute, keys)
            elif question not in self.asked.open:
                parts = [
                    ("theme", q, theme, wave, "", "")
                    for q in self.asked.open
                    if ("theme", q, theme, wave, "", "") in self.system.low
                ]
                key = ("theme", question, theme, wave, "", "")
                for part in parts:
                    self.system.rule({key: 1, part: -1}, 0, math.inf)
                if parts:
                    self.system.rule({key: -1, **dict.fromkeys(parts, 1)}, 0, math.inf)

    def whole(self, title, labels, waves, folded):
        away = [label for label in self.asked.options.get(title, []) if label not in labels] if folded else []
        fewest = self.asked.folds.get(title, 5)
        for wave in waves:
            base = ("base", "option", title, wave)
            keys = [self.option(title, wave, label)[0] for label in [*labels, *away]]
            if wave == waves[-1]:
                for label in labels:
                    self.system.var(self.option(title, wave, label)[0], fewest)
                for label in away:
                    self.system.var(self.option(title, wave, label)[0], 0, fewest - 1)
            if title in self.multi:
                for key in keys:
                    self.system.rule({base: 1, key: -1}, 0, math.inf)
                if not folded:
                    self.system.rule({base: -1, **dict.fromkeys(keys, 1)}, 0, math.inf)
                continue
            rest = {} if away or not folded else {self.option(title, wave, "(folded)")[0]: 1}
            self.system.rule({base: -1, **dict.fromkeys(keys, 1), **rest}, 0, 0)
            sides = {name.casefold(): options for name, options in self.asked.sides.get(title, {}).items()}
            for name, options in sides.items():
                key = ("option", title, wave, f"side:{name}")
                if key in self.system.low:
                    parts = {("option", title, wave, o): -1 for o in options if ("option", title, wave, o) in keys}
                    if len(parts) == len(options):
                        self.system.rule({key: 1, **parts}, 0, 0)
            mine = [k for k in self.system.low if k[:3] == ("option", title, wave) and k[3].startswith("side:")]
            if sides and len(mine) >= len(sides):
                rest = {} if ("option", title, wave, "side:rest") in mine else {("option", title, wave, "side:rest"): 1}
                self.system.rule({base: -1, **dict.fromkeys(mine, 1), **rest}, 0, 0)

    def split(self, question, theme, wave, attribute, keys):
        whole, base = self.theme(question, theme, wave)
        others = ("theme", question, theme, wave, attribute, "(others)")
        left = ("base", "theme", question, wave, attribute, "(others)")
        bases = [("base", "theme", question, wave, attribute, key[5]) for key in keys]
        self.system.rule({base: -1, left: 1, **dict.fromkeys(bases, 1)}, 0, 0)
        self.system.rule({whole: -1, others: 1, **dict.fromkeys(keys, 1)}, 0, 0)
        self.system.rule({left: 1, others: -1}, 0, math.inf)
        # Whoever is in a group and answered is in the group.
        title = next((t for t, s in self.asked.sides.items() if attribute == "side" and s), attribute)
        for key, size in zip(keys, bases, strict=True):
            label = f"side:{key[5]}" if attribute == "side" else key[5]
            group = ("option", title, wave, label)
            if group in self.system.low:
                self.system.rule({group: 1, size: -1}, 0, math.inf)


class Done(list):
    """A label that is complete."""


def done_with(label):
    return isinstance(label, Done)


def exactly(width):
    share = float(width.rstrip("%")) / 100
    return max(share - 0.00005001, 0.0), min(share + 0.00005001, 1.0)


def points(text):
    """A change in points and the wave it is since."""
    if found := re.search(r"the same as in ([^\s;,.(]+)", text, re.IGNORECASE):
        return 0.0, found[1]
    found = re.search(r"(up|down) (less than 1|\d+) points? since ([^\s;,.(]+)", text, re.IGNORECASE)
    if not found:
        return None
    size = 0.0 if found[2].startswith("less") else int(found[2]) / 100
    return (1 if found[1].casefold() == "up" else -1) * size, found[3]
