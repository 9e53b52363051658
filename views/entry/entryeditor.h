// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QDialog>

#include "core/paging/entryedit.h"
#include "views/model/stepstate.h"

class QCheckBox;
class QLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace pgtscope::views {

/// Asks what an entry of a live guest is to hold, shows what that would mean, and has it confirmed: accepted
/// only by the button that says so. What is written goes through edit() then.
class EntryEditor : public QDialog {
    Q_OBJECT
public:
    /// `edit` is what is proposed; its value before must be what the step shows.
    EntryEditor(StepStatePtr state, const core::EntryEdit& edit, QWidget* parent = nullptr);

    const core::EntryEdit& edit() const { return m_edit; }

private:
    struct Flag {
        QCheckBox* box;
        std::uint64_t mask;
    };

    void makeFlags(QLayout& row);
    QString bitsText(std::uint64_t raw) const;
    QString consequences() const;
    void valueTyped();
    void flagSet(const Flag& flag, bool set);
    void show(bool valid);

    StepStatePtr m_state;
    core::EntryEdit m_edit;
    QLineEdit* m_value;
    QLabel* m_then;
    QLabel* m_consequences;
    QPushButton* m_write;
    std::vector<Flag> m_flags;
};

} // namespace pgtscope::views
