// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/filters/colourrules.h"

#include <algorithm>

#include <QSettings>

#include "core/filter/snapshotknowledge.h"
#include "core/filter/stepfilter.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

const QLatin1String settingsKey("colourRules");

bool asksForFrameNumbers(const core::Filter& filter)
{
    return filter.uses(core::Field::Pfn) || filter.uses(core::Field::Mfn);
}

std::vector<ColourRule> saved(QSettings& settings)
{
    std::vector<ColourRule> rules;
    const int count = settings.beginReadArray(settingsKey);
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        ColourRule rule;
        rule.name = settings.value(QStringLiteral("name")).toString();
        rule.filter = settings.value(QStringLiteral("filter")).toString();
        rule.colour = QColor(settings.value(QStringLiteral("colour")).toString());
        rule.mark = settings.value(QStringLiteral("mark")).toString().left(1);
        rule.on = settings.value(QStringLiteral("on"), true).toBool();
        if (rule.colour.isValid())
            rules.push_back(rule);
    }
    settings.endArray();
    return rules;
}

} // namespace

ColourRules& ColourRules::instance()
{
    static ColourRules rules;
    return rules;
}

ColourRules::ColourRules()
    : m_rules(stored())
{
}

std::vector<ColourRule> ColourRules::stored()
{
    QSettings settings;
    return settings.contains(settingsKey + QLatin1String("/size")) ? saved(settings) : shipped();
}

std::vector<ColourRule> ColourRules::shipped()
{
    return {
        {tr("Maps a page of pgt_buf"), QStringLiteral("region == pgt_buf"), QColor(0x3f, 0x8f, 0xd6),
            QStringLiteral("b"), true},
        {tr("Writable and executable"), QStringLiteral("eff.rw and not eff.nx"), QColor(0xd6, 0x7a, 0x2c),
            QStringLiteral("w"), false},
        {tr("User mode may access it"), QStringLiteral("eff.user"), QColor(0x9a, 0x6c, 0xd0),
            QStringLiteral("u"), false},
        {tr("Maps a page table"), QStringLiteral("role == table"), QColor(0x3f, 0xa8, 0x8a),
            QStringLiteral("t"), false},
        {tr("Mapped more than once"), QStringLiteral("alias > 1"), QColor(0xb0, 0x96, 0x2e),
            QStringLiteral("m"), false},
    };
}

void ColourRules::setRules(std::vector<ColourRule> rules)
{
    if (rules == m_rules)
        return;
    m_rules = std::move(rules);
    save();
    emit changedRules();
}

void ColourRules::save() const
{
    QSettings settings;
    settings.remove(settingsKey);
    settings.beginWriteArray(settingsKey, static_cast<int>(m_rules.size()));
    for (std::size_t i = 0; i < m_rules.size(); ++i) {
        settings.setArrayIndex(static_cast<int>(i));
        settings.setValue(QStringLiteral("name"), m_rules[i].name);
        settings.setValue(QStringLiteral("filter"), m_rules[i].filter);
        settings.setValue(QStringLiteral("colour"), m_rules[i].colour.name());
        settings.setValue(QStringLiteral("mark"), m_rules[i].mark);
        settings.setValue(QStringLiteral("on"), m_rules[i].on);
    }
    settings.endArray();
}

StepColours::StepColours(const StepStatePtr& state, const core::SymbolTable& symbols)
{
    core::SymbolLookup lookup;
    std::optional<core::SnapshotKnowledge> knowledge;
    if (state) {
        knowledge.emplace(state->snapshot());
        lookup = knowledge->lookup(symbols);
    }
    for (const ColourRule& rule : ColourRules::instance().rules()) {
        if (!rule.on || rule.filter.trimmed().isEmpty())
            continue;
        if (auto filter = core::Filter::parse(rule.filter.toStdString(), lookup))
            m_active.push_back({rule, std::move(*filter)});
    }
}

const ColourRule* StepColours::of(const core::FilterSubject& subject) const
{
    for (const Active& active : m_active)
        if (active.filter.matches(subject))
            return &active.rule;
    return nullptr;
}

const ColourRule* StepColours::of(
    const core::Step& step, const core::StepChanges& changes, const core::Snapshot* snapshot) const
{
    for (const Active& active : m_active)
        if (core::stepMatches(
                active.filter, step, changes, asksForFrameNumbers(active.filter) ? snapshot : nullptr))
            return &active.rule;
    return nullptr;
}

bool StepColours::needFrameNumbers() const
{
    return std::any_of(m_active.begin(), m_active.end(),
        [](const Active& active) { return asksForFrameNumbers(active.filter); });
}

QColor tintOf(const ColourRule& rule)
{
    QColor tint = rule.colour;
    tint.setAlpha(Theme::instance().dark() ? 70 : 56);
    return tint;
}

QString withMark(const QString& text, const ColourRule* rule)
{
    if (!rule || rule->mark.isEmpty())
        return text;
    return text.isEmpty() ? rule->mark : text + QLatin1Char(' ') + rule->mark;
}

} // namespace pgtscope::views
