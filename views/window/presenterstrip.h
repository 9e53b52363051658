// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "core/recording/annotations.h"

namespace pgtscope::views {

class Document;
class StepSampler;

/// Where a presentation is: the step in words, chapters and notes as dots on the line of all steps, and
/// pgt_buf_end climbing towards pgt_buf_top above that line.
class PresenterStrip : public QWidget {
    Q_OBJECT
public:
    PresenterStrip(Document& document, StepSampler& sampler, QWidget* parent = nullptr);

    void setAnnotations(const core::Annotations& annotations);
    /// "step 65, the last · lab_boom".
    QString text() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    QRectF plot() const;
    double xOf(core::StepNumber step) const;
    void paintStations(QPainter& painter) const;

    Document& m_document;
    StepSampler& m_sampler;
    core::Annotations m_annotations;
};

} // namespace pgtscope::views
