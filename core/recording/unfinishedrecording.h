// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <memory>
#include <string>

#include "core/base/wholefile.h"

namespace pgtscope::core {

/// A recording, or what becomes one, beside the name that it shall have, where SQLite can write it by name.
/// It is removed with everything that SQLite keeps beside it unless it was moved in place.
class UnfinishedRecording {
public:
    static Result<std::unique_ptr<UnfinishedRecording>> beside(const std::string& target, Existing existing);
    ~UnfinishedRecording();
    UnfinishedRecording(const UnfinishedRecording&) = delete;
    UnfinishedRecording& operator=(const UnfinishedRecording&) = delete;

    std::string path() const { return m_file.file; }
    /// Gives it its name, once SQLite has closed it. A recording that a program uses is not replaced, and
    /// stays.
    Result<void> moveInPlace();

private:
    UnfinishedRecording(std::string target, Existing existing)
        : m_target(std::move(target))
        , m_existing(existing)
    {
    }

    ReservedFile m_file;
    std::array<std::string, 3> m_beside; ///< What SQLite keeps beside it: it is removed also without memory.
    std::string m_target;
    Existing m_existing;
};

/// Removes a recording that no program uses, with everything that SQLite keeps beside it.
void removeRecording(const std::string& path);

} // namespace pgtscope::core
