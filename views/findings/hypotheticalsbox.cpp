// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/hypotheticalsbox.h"

#include "core/base/numbers.h"
#include "views/model/hypotheticals.h"
#include "views/model/text.h"

namespace pgtscope::views {

namespace {

QString pagesText(std::uint64_t pages)
{
    if (pages == 0)
        return Text::tr("nothing");
    return (pages == 1 ? Text::tr("%1 page") : Text::tr("%1 pages"))
        .arg(QString::fromStdString(core::groupedText(pages)));
}

} // namespace

HypotheticalsBox::HypotheticalsBox(QWidget* parent)
    : QCheckBox(parent)
{
    setObjectName(QStringLiteral("hypotheticals"));
    setToolTip(tr("Show what this machine allows and Xen would refuse, as grey outlines in every view"));
    Hypotheticals& hypotheticals = Hypotheticals::instance();
    setChecked(hypotheticals.shown());
    connect(this, &QCheckBox::clicked, &hypotheticals, &Hypotheticals::choose);
    connect(&hypotheticals, &Hypotheticals::changedShown, this,
        [this] { setChecked(Hypotheticals::instance().shown()); });
    setText(tr("What Xen would say"));
}

void HypotheticalsBox::setState(const StepStatePtr& state)
{
    // Where the rule is enforced Xen, or what plays it, has said so: there is nothing else that it would say.
    setVisible(!state || !state->snapshot()->pgtBuf().enforced);
    setText(state ? tr("What Xen would say: %1").arg(pagesText(core::hypotheticalPages(state->reports())))
                  : tr("What Xen would say"));
}

} // namespace pgtscope::views
