"""What an attacker works out of a page, held against the tables that it was made from."""

from attacker import Attack, Questionnaire

from pipeline.report.inputs import SIDE, question_title

UNDER = 5


def title_of(survey, question_id):
    question = survey.questions.get(question_id)
    if question is not None:
        return question_title(question_id, question)
    if question_id in survey.closed_items:
        column, question = survey.closed_items[question_id]
        return f"{question.text}: {column}" if question.text and question.text not in column else column
    return "Across all open questions"


def questionnaire(survey, figures, fewest_segment):
    options, kinds, sides, folds = {}, {}, {}, {}
    fewest = max(5, survey.suppress)
    for item, (_, question) in survey.closed_items.items():
        title = title_of(survey, item)
        mine = figures[(figures["question_id"] == item) & (figures["part"] == "option")]
        options[title] = sorted(set(mine["value"]) | set(question.order))
        kinds[title] = question.kind
        folds[title] = max(fewest_segment, 2 * survey.suppress, fewest) if question.attribute else fewest
    for question in survey.open_questions.values():
        if question.explains:
            sides[title_of(survey, question.explains)] = dict(question.sides)
    return Questionnaire(options, kinds, sides, [title_of(survey, q) for q in survey.open_questions], folds)


def truths(survey, codebook, figures, prevalence):
    """Every count of the tables by the key under which the attacker looks for it, with its base."""
    names = {theme.id: theme.name for theme in codebook.themes}
    found = {}
    for row in figures[(figures["part"] == "option") & (figures["base"] > 0)].to_dict("records"):
        key = ("option", title_of(survey, row["question_id"]), row["wave"], row["value"])
        found[key] = (int(row["n"]), int(row["base"]))
    for row in figures[(figures["part"] == "side") & (figures["base"] > 0)].to_dict("records"):
        key = ("option", title_of(survey, row["question_id"]), row["wave"], f"side:{row['value'].casefold()}")
        found[key] = (int(row["n"]), int(row["base"]))
    for row in prevalence.to_dict("records"):
        if row["theme_id"] in names:
            attribute, _, value = row["segment"].partition("=")
            attribute, value = ("side", value.casefold()) if attribute == SIDE else (attribute, value)
            attribute = title_of(survey, attribute) if attribute and attribute != "side" else attribute
            question = title_of(survey, row["question_id"])
            key = ("theme", question, names[row["theme_id"]], row["wave"], attribute, value)
            found[key] = (int(row["n"]), int(row["base"]))
    return found


def recovered(html, survey, codebook, figures, prevalence, params, **others):
    """The small counts that the page lets an attacker narrow down to fewer than `under` numbers, and all he tried."""
    under = survey.suppress or UNDER
    attack = Attack(html, questionnaire(survey, figures, params.measure.min_segment))
    truth = truths(survey, codebook, figures, prevalence)
    targets = {k: v for k, v in truth.items() if k in attack.system.low and (v[0] < under or v[1] - v[0] < under)}
    ranges = attack.system.ranges(targets)
    for key, (low, high) in ranges.items():
        assert low <= targets[key][0] <= high, ("the attacker is wrong", key, targets[key], low, high)
    return {k: (targets[k], r) for k, r in ranges.items() if r[1] - r[0] < under - 1}, targets, attack
