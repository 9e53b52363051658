// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include <QObject>
#include <QString>

class QWidget;

namespace pgtscope::views {

class ActionSet;
class Document;
class GuestLink;

/// Asks for the files of a session: the one to open, the copy to save, the page to write; and, before the
/// window closes, what becomes of steps that were not saved.
class SessionFiles : public QObject {
    Q_OBJECT
public:
    /// All outlive this.
    SessionFiles(ActionSet& actions, Document& document, GuestLink& live, QWidget& window);

    /// Asks, if there is something to lose. False: the window is to stay.
    bool mayClose();
    /// The same before another recording or guest takes the place of the session.
    bool mayLeave();
    /// Nothing is asked from now on.
    void closeUnasked() { m_asks = false; }

public slots:
    void browse();

signals:
    void openRequested(const QString& path);
    void copyRequested(const QString& path);
    void pageRequested(const QString& page);
    void discardRequested(const QString& path);

private:
    /// False if the user gives no name.
    bool save();
    void saveShown() { (void)save(); }
    void saveAndClose();
    bool hasUnsaved() const;
    enum class Answer : std::uint8_t { Stay, Save, Go };
    Answer askKeep(bool offerSave);
    void exportPage();
    QString suggestedName(const QString& suffix) const;

    Document& m_document;
    GuestLink& m_live;
    QWidget& m_window;
    bool m_asks = true;
};

} // namespace pgtscope::views
