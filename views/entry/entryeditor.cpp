// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entryeditor.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "core/base/numbers.h"
#include "core/paging/entryflags.h"
#include "core/report/translationformat.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QLabel* mono(const QString& text)
{
    auto* label = new QLabel(QStringLiteral("<tt>%1</tt>").arg(text));
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

EntryEditor::EntryEditor(StepStatePtr state, const core::EntryEdit& edit, QWidget* parent)
    : QDialog(parent)
    , m_state(std::move(state))
    , m_edit(edit)
    , m_value(new QLineEdit(hexOf(edit.after, edit.bytes * 2)))
    , m_then(new QLabel)
    , m_consequences(new QLabel)
{
    setObjectName(QStringLiteral("entryEditor"));
    setWindowTitle(tr("Edit an entry of the guest"));
    m_value->setObjectName(QStringLiteral("entryValue"));
    m_value->setAccessibleName(tr("New value of the entry"));
    m_value->setFont(QFont(QStringLiteral("monospace")));
    m_value->setMinimumWidth(m_value->fontMetrics().horizontalAdvance(QLatin1Char('0')) * 24);
    m_consequences->setObjectName(QStringLiteral("consequences"));
    m_consequences->setWordWrap(true);
    // Their texts change while one types; the dialog must not.
    m_then->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    m_consequences->setMinimumHeight(fontMetrics().lineSpacing() * 5);
    m_consequences->setAlignment(Qt::AlignTop);

    auto* flags = new QHBoxLayout;
    makeFlags(*flags);
    flags->addStretch();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_write = buttons->addButton(tr("&Write into the guest"), QDialogButtonBox::AcceptRole);
    m_write->setObjectName(QStringLiteral("writeEntry"));
    m_write->setAutoDefault(false);
    buttons->button(QDialogButtonBox::Cancel)->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_value, &QLineEdit::textEdited, this, &EntryEditor::valueTyped);

    const core::Paging& paging = m_state->snapshot()->paging();
    auto* grid = new QGridLayout(this);
    grid->setHorizontalSpacing(12);
    grid->addWidget(
        new QLabel(tr("<b>%1 at %2</b>").arg(levelOf(paging, edit.level), hexOf(edit.entry.value))), 0, 0, 1,
        3);
    grid->addWidget(new QLabel(tr("now")), 1, 0);
    grid->addWidget(mono(hexOf(edit.before, edit.bytes * 2)), 1, 1);
    grid->addWidget(new QLabel(bitsText(edit.before)), 1, 2);
    grid->addWidget(new QLabel(tr("then")), 2, 0);
    grid->addWidget(m_value, 2, 1);
    grid->addWidget(m_then, 2, 2);
    grid->addLayout(flags, 3, 1, 1, 2);
    grid->addWidget(m_consequences, 4, 0, 1, 3);
    grid->addWidget(buttons, 5, 0, 1, 3);
    grid->setColumnStretch(2, 1);
    show(true);
}

void EntryEditor::makeFlags(QLayout& row)
{
    for (const core::EntryFlag& known : core::entryFlags) {
        if (!known.settable() || !known.fits(m_edit.bytes))
            continue;
        const QString name = toText(known.name);
        auto* box = new QCheckBox(name);
        box->setObjectName(name);
        const Flag flag{box, known.mask};
        connect(box, &QCheckBox::toggled, this, [this, flag](bool set) { flagSet(flag, set); });
        row.addWidget(box);
        m_flags.push_back(flag);
    }
}

/// "RW sup A D, frame 0x43"
QString EntryEditor::bitsText(std::uint64_t raw) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    const core::Entry entry = paging.decode(m_edit.level, raw);
    QString text = toText(core::entryBitsText(paging, entry));
    if (entry.present())
        text += tr(", frame %1").arg(hexOf(core::frameOf(entry.target).value))
            + toText(core::guestFrameText(m_state->snapshot()->xen(), core::frameOf(entry.target)));
    return text;
}

QString EntryEditor::consequences() const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Entry now = snapshot.paging().decode(m_edit.level, m_edit.before);
    const core::Entry then = snapshot.paging().decode(m_edit.level, m_edit.after);
    QStringList lines;
    if (now.present() && then.present() && core::frameOf(now.target) != core::frameOf(then.target))
        lines += tr("It then references another frame: %1.")
                     .arg(frameDescription(*m_state, core::frameOf(then.target)));
    if (now.present() && !then.present())
        lines += tr("What it references is no longer reachable through it.");
    if (then.reserved != 0)
        lines += tr("✕ Every use of it is a page fault: reserved %1.")
                     .arg(toText(core::bitPositionsText(then.reserved)));
    if (snapshot.xen())
        lines += tr("This bypasses Xen; its frame_table is not updated.");
    lines += tr("The processor's TLB may hold the old entry until the guest flushes it.");
    lines += tr("The change becomes a step and can be undone (Ctrl+Z).");
    return lines.join(QLatin1Char('\n'));
}

void EntryEditor::valueTyped()
{
    const auto value = core::parseNumber(m_value->text().trimmed().toStdString());
    const bool valid = value && (m_edit.bytes == 8 || *value <= 0xffffffff);
    if (valid)
        m_edit.after = *value;
    show(valid);
}

void EntryEditor::flagSet(const Flag& flag, bool set)
{
    m_edit.after = set ? m_edit.after | flag.mask : m_edit.after & ~flag.mask;
    m_value->setText(hexOf(m_edit.after, m_edit.bytes * 2));
    show(true);
}

void EntryEditor::show(bool valid)
{
    m_write->setEnabled(valid && m_edit.after != m_edit.before);
    m_then->setText(!valid                  ? tr("✕ not a number of %1 bits").arg(m_edit.bytes * 8)
            : m_edit.after == m_edit.before ? tr("as it is")
                                            : bitsText(m_edit.after));
    if (!valid)
        return;
    for (const Flag& flag : m_flags) {
        const QSignalBlocker quiet(flag.box);
        flag.box->setChecked((m_edit.after & flag.mask) != 0);
    }
    m_consequences->setText(consequences());
}

} // namespace pgtscope::views
