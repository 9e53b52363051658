// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include <QColor>
#include <QObject>
#include <QString>

#include "core/filter/filter.h"
#include "core/steps/step.h"
#include "core/symbols/symboltable.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// What a filter matches is painted so. The mark is shown beside the colour, for users who cannot see it.
struct ColourRule {
    QString name;
    QString filter;
    QColor colour;
    QString mark; ///< One character.
    bool on = true;

    bool operator==(const ColourRule&) const = default;
};

/// The user's list of rules, kept in the settings. The first rule that matches counts.
class ColourRules : public QObject {
    Q_OBJECT
public:
    static ColourRules& instance();

    const std::vector<ColourRule>& rules() const { return m_rules; }
    void setRules(std::vector<ColourRule> rules);
    /// Those in the settings; without any, the shipped ones.
    static std::vector<ColourRule> stored();
    /// Those that come with the program.
    static std::vector<ColourRule> shipped();

signals:
    void changedRules();

private:
    ColourRules();
    void save() const;

    std::vector<ColourRule> m_rules;
};

/// The rules that are on and can be read, for one step: symbols mean what they do there.
class StepColours {
public:
    struct Active {
        ColourRule rule;
        core::Filter filter;
    };

    /// No rule matches anything.
    StepColours() = default;
    /// `symbols` is not kept. Without a state, rules that name symbols are left out.
    StepColours(const StepStatePtr& state, const core::SymbolTable& symbols);

    const std::vector<Active>& active() const { return m_active; }
    /// Null if none matches.
    const ColourRule* of(const core::FilterSubject& subject) const;
    /// `snapshot` is the step's, needed if needFrameNumbers(); else it may be null.
    const ColourRule* of(
        const core::Step& step, const core::StepChanges& changes, const core::Snapshot* snapshot) const;
    /// Some rule asks for frame numbers, which are a guest of Xen's own.
    bool needFrameNumbers() const;

private:
    std::vector<Active> m_active;
};

/// The colour as a background that the theme's text can be read on.
QColor tintOf(const ColourRule& rule);
/// What a rule makes of the text in a cell for marks: its own, then the rule's.
QString withMark(const QString& text, const ColourRule* rule);

} // namespace pgtscope::views
