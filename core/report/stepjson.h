// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/pagetablebuffer.h"
#include "core/recording/annotations.h"
#include "core/recording/guestdescription.h"
#include "core/steps/diff.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Keys: step, cause, event, text, time (nanoseconds), cpu, rip, symbol, cr0, cr3, cr4, efer, findings,
/// console. Addresses and registers are hexadecimal text. Broken UTF-8 of a guest is replaced.
nlohmann::json stepJson(const Step& step);
/// Keys: address, bytes, level, before, after, writer (null, or rip, symbol, bytes).
nlohmann::json entryChangeJson(const EntryChange& change);
/// Keys: entries, tables (each: change, address, level, detached).
nlohmann::json changesJson(const StepChanges& changes);
/// Keys: begin, bytes, before, after (null, or pa, rw, user, nx), sameAs.
nlohmann::json mappingChangeJson(const MappingChange& change);
/// Keys: trust, epochs (each: start, end, top, startRecovered), beyond, enforced. Frame numbers are
/// hexadecimal text.
nlohmann::json pgtBufJson(const PageTableBuffer& buffer);
/// Keys: guest, kernel, commandLine, machine, grain, recorder, started, memoryBytes.
nlohmann::json guestJson(const GuestDescription& guest);
/// Keys: step, kind ("chapter" or "note"), title, text.
nlohmann::json annotationJson(const Annotation& annotation);
/// "absent", "not yet", "live", "handed back" or "stale".
std::string_view trustText(PgtBufTrust trust);
/// One line; broken UTF-8 is replaced, since guests print what they like.
std::string jsonLine(const nlohmann::json& json);
/// The same over several lines.
std::string jsonBlock(const nlohmann::json& json);

} // namespace pgtscope::core
