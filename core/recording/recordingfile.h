// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "core/recording/database.h"
#include "core/recording/durability.h"
#include "core/recording/guestdescription.h"

namespace pgtscope::core {

/// The file of a recording that is being written: it makes, opens and closes the file, and commits. A commit
/// fails if the file of that name is another by then, or none: what is written to it would be lost.
class RecordingFile {
public:
    /// See RecordingWriter::checkNew().
    static Result<void> checkNew(const std::string& path);

    /// Makes an empty recording. After an Error remove() removes what is left of it.
    Result<void> create(const std::string& path, const GuestDescription& guest, Durability durability);
    /// Opens one that is there.
    Result<void> reopen(const std::string& path, Durability durability);
    /// Closes the file. If create() made it and it is still there, removes it. Every statement on it is gone
    /// by then.
    void remove();

    const std::string& path() const { return m_path; }
    /// For statements, which end before the file does. Null when it is closed.
    Database* database() const { return m_database.get(); }

    Result<void> begin() { return m_begin.run(); }
    Result<void> commit();
    /// Its outcome does not matter: what was reported as durable is committed already.
    void rollBack()
    {
        if (m_database)
            (void)m_database->execute("ROLLBACK");
    }
    /// Part of the transaction that is open.
    Result<void> markFinished(bool finished);
    /// Packs the file, makes one file of it and its write-ahead log, and closes it. A process that is killed
    /// meanwhile costs nothing.
    Result<void> pack();

private:
    /// Distinguishes a file from another of the same name.
    struct Identity {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(const Identity&) const = default;
    };

    static Identity identityOf(const std::string& path);
    Result<void> makeFile();
    Result<void> prepare(Durability durability);
    Result<void> stillThere() const;
    Result<void> logStillThere();
    Result<void> writeMeta(const GuestDescription& guest);
    void close();

    std::string m_path;
    Identity m_file;
    Identity m_log; ///< The write-ahead log, which lives as long as the database is open.
    bool m_made = false; ///< By create(), and not by another program before.
    std::unique_ptr<Database> m_database;
    Statement m_begin;
    Statement m_commit;
};

} // namespace pgtscope::core
