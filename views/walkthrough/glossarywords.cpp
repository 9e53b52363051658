// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/glossarywords.h"

#include <algorithm>

#include <QHash>
#include <QRegularExpression>
#include <QSet>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>

#include "core/report/glossary.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// All forms of all words, in lower case.
const QHash<QString, const core::GlossaryTerm*>& termsByForm()
{
    static const auto byForm = [] {
        QHash<QString, const core::GlossaryTerm*> forms;
        for (const core::GlossaryTerm& term : core::glossary()) {
            forms.insert(toText(term.word).toLower(), &term);
            for (const QString& form : toText(term.forms).toLower().split(u'|', Qt::SkipEmptyParts))
                forms.insert(form, &term);
        }
        return forms;
    }();
    return byForm;
}

/// Longer forms first: "pgt_buf_end" is no "pgt_buf", and a "detached table" is one term.
const QRegularExpression& anyForm()
{
    static const QRegularExpression expression = [] {
        QStringList forms = termsByForm().keys();
        std::sort(forms.begin(), forms.end(), [](const QString& a, const QString& b) {
            return a.size() != b.size() ? a.size() > b.size() : a < b;
        });
        for (QString& form : forms)
            form = QRegularExpression::escape(form);
        return QRegularExpression(QStringLiteral("(?<![\\w+])(?:%1)(?!\\w)").arg(forms.join(u'|')),
            QRegularExpression::CaseInsensitiveOption);
    }();
    return expression;
}

void explain(QTextCursor& cursor, const core::GlossaryTerm& term, bool first)
{
    QTextCharFormat format;
    format.setToolTip(QStringLiteral("<p><b>%1</b>: %2</p>")
                          .arg(toText(term.word).toHtmlEscaped(), toText(term.meaning).toHtmlEscaped()));
    if (first) {
        format.setUnderlineStyle(QTextCharFormat::DotLine);
        format.setUnderlineColor(Theme::instance().mutedText());
    }
    cursor.mergeCharFormat(format);
}

} // namespace

void explainWords(QTextDocument& text)
{
    QSet<const core::GlossaryTerm*> met;
    QTextCursor cursor(&text);
    for (QTextBlock block = text.begin(); block.isValid(); block = block.next()) {
        auto matches = anyForm().globalMatch(block.text());
        while (matches.hasNext()) {
            const QRegularExpressionMatch match = matches.next();
            const core::GlossaryTerm* term = termsByForm().value(match.captured().toLower());
            cursor.setPosition(block.position() + static_cast<int>(match.capturedStart()));
            cursor.setPosition(
                block.position() + static_cast<int>(match.capturedEnd()), QTextCursor::KeepAnchor);
            if (!term || cursor.charFormat().isAnchor())
                continue;
            explain(cursor, *term, !met.contains(term));
            met.insert(term);
        }
    }
}

} // namespace pgtscope::views
