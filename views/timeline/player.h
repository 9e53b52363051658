// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace pgtscope::views {

class Document;

/// Goes through a document's steps at a chosen speed. It stops at the end.
class Player : public QObject {
    Q_OBJECT
public:
    explicit Player(Document& document, QObject* parent = nullptr);

    bool playing() const { return m_timer.isActive(); }
    double stepsPerSecond() const { return m_speed; }

public slots:
    /// 0.1 to 100,000.
    void setStepsPerSecond(double speed);
    void setPlaying(bool playing);
    void toggle() { setPlaying(!playing()); }

signals:
    void playingChanged(bool playing);

private:
    void advance();

    Document& m_document;
    QTimer m_timer;
    QElapsedTimer m_since;
    double m_speed = 2;
    double m_due = 0; ///< Steps that time has earned and that were not shown yet.
};

} // namespace pgtscope::views
