// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

#include "views/start/launchwish.h"

class QCheckBox;
class QGridLayout;
class QLineEdit;
class QListWidgetItem;
class QPushButton;
class QVBoxLayout;

namespace pgtscope::views {

class ChoiceList;

/// A guest that can be launched by its name.
struct GuestChoice {
    QString name;
    QString description;
    QString pagingMode;
};

/// A recording that came with the program, in the order in which one reads them.
struct ShippedRecording {
    QString path;
    QString title;
    QString about{}; ///< One line; empty: the file's name.
    unsigned stations = 0; ///< Chapters and notes.
    unsigned minutes = 0; ///< Of reading; 0 if it has no narration.
    bool introduction = false; ///< The one for who sees the program for the first time.
};

/// A live session's recording that was neither saved under another name nor discarded.
struct UnsavedSession {
    QString path;
    QString title;
    QString about;
};

/// Something to try on a live guest.
struct ExerciseChoice {
    QString name;
    QString title;
    QString guest;
};

/// The ways into the program. It asks for things by its signals and does nothing itself.
class StartPage : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(QWidget* parent = nullptr);

    void setGuests(const std::vector<GuestChoice>& guests);
    void setShipped(const std::vector<ShippedRecording>& recordings);
    void setExercises(const std::vector<ExerciseChoice>& exercises);
    /// What is shown behind this page, to go back to; empty: nothing.
    void setBehind(const QString& what);
    /// The list is there only if there are some.
    void setUnsaved(const std::vector<UnsavedSession>& sessions);

    /// Puts a file at the head of the recent ones, which are kept in the settings.
    void addRecent(const QString& path);
    QStringList recent() const;
    /// Stores a connection for the next time.
    void addConnection(const QString& endpoint);
    QStringList connections() const;

signals:
    /// To what setBehind() named.
    void backRequested();
    void openRequested(const QString& path);
    /// An unsaved session is to be deleted; the user was asked.
    void discardRequested(const QString& path);
    /// The user wants to choose a file.
    void browseRequested();
    void launchRequested(const pgtscope::views::LaunchWish& wish);
    void exerciseRequested(const QString& name);
    void attachRequested(const QString& endpoint, const QString& kernelFile);

private:
    QWidget* makeIntroduction();
    QWidget* makeUnsaved();
    void discard();
    QWidget* makeRecent();
    QWidget* makeLaunch();
    QWidget* makeAttach();
    void addExercises(QVBoxLayout& column);
    ChoiceList* makeList(const QString& name, const QString& whenEmpty);
    void fillRecent();
    void fillConnections();
    void attach();
    void removeConnection();

    QPushButton* m_behind;
    QPushButton* m_introduction;
    QWidget* m_unsavedBox = nullptr;
    ChoiceList* m_unsaved;
    ChoiceList* m_recent;
    ChoiceList* m_shipped;
    ChoiceList* m_guests;
    ChoiceList* m_exercises;
    ChoiceList* m_connections;
    QLineEdit* m_append;
    QCheckBox* m_everyStore;
    QCheckBox* m_checkpoints;
    QLineEdit* m_endpoint;
    QLineEdit* m_kernel;
};

} // namespace pgtscope::views
