// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/paging/entrytext.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/base/numbers.h"
#include "core/paging/entryparts.h"

namespace pgtscope::core {

namespace {

/// The words for one right: where it is granted and where it is not.
struct RightWords {
    bool Rights::*right;
    std::string_view granted;
    std::string_view denied;
    std::string_view alsoDenied{}; ///< Understood in answers.
};

constexpr RightWords writeWords{&Rights::write, "RW", "RO"};
constexpr RightWords userWords{&Rights::user, "user", "sup", "supervisor"};
constexpr RightWords executeWords{&Rights::execute, "X", "NX"};

std::string_view wordOf(Rights rights, const RightWords& words)
{
    return rights.*words.right ? words.granted : words.denied;
}

std::string numbered(EntryPart part, unsigned number)
{
    return std::string(partName(part)) + '=' + std::to_string(number);
}

void add(std::string& words, bool set, std::string_view word)
{
    if (!set)
        return;
    if (!words.empty())
        words += ' ';
    words += word;
}

/// Equal but for the case of `word`; `lower` is in lower case.
bool isWord(const std::string& lower, std::string_view word)
{
    return std::ranges::equal(lower, word,
        [](unsigned char a, unsigned char b) { return a == static_cast<unsigned char>(std::tolower(b)); });
}

} // namespace

std::string rightsText(Rights rights)
{
    std::string text;
    for (const RightWords& words : {writeWords, userWords, executeWords})
        add(text, true, wordOf(rights, words));
    return text;
}

std::optional<Rights> parseRights(std::span<const std::string> words)
{
    Rights rights;
    for (const RightWords& known : {writeWords, userWords, executeWords}) {
        const auto count = [&](std::string_view word) {
            return word.empty() ? 0 : std::ranges::count_if(words, [&](auto& w) { return isWord(w, word); });
        };
        const auto granted = count(known.granted);
        if (granted + count(known.denied) + count(known.alsoDenied) != 1)
            return std::nullopt;
        rights.*known.right = granted == 1;
    }
    return words.size() == 3 ? std::optional(rights) : std::nullopt;
}

std::string entryBitsText(const Paging& paging, const Entry& entry)
{
    if (!entry.present())
        return entry.raw == 0 ? "not present" : "not present (the other bits belong to software)";
    std::string words;
    const bool hasRights = paging.form(entry).hasRights();
    if (hasRights) {
        add(words, true, wordOf(entry.rights, writeWords));
        add(words, true, wordOf(entry.rights, userWords));
    }
    add(words, entry.pwt(), partName(EntryPart::Pwt));
    add(words, entry.pcd(), partName(EntryPart::Pcd));
    add(words, hasRights && entry.accessed(), partName(EntryPart::Accessed));
    add(words, entry.dirty(), partName(EntryPart::Dirty));
    add(words, entry.isPage() && entry.level > 1, partName(EntryPart::PageSize));
    add(words, entry.global(), partName(EntryPart::Global));
    if (entry.isPage())
        add(words, true, numbered(EntryPart::Pat, entry.patIndex()));
    if (entry.pkey != 0)
        add(words, true, numbered(EntryPart::Pkey, entry.pkey));
    add(words, !entry.rights.execute, wordOf(entry.rights, executeWords));
    return words.empty() ? "present" : words;
}

std::string pageFaultText(std::uint32_t code)
{
    std::string words;
    if ((code & fault::reserved) != 0)
        words = "reserved bit set";
    else if ((code & fault::protectionKey) != 0)
        words = "protection key";
    else
        words = (code & fault::present) != 0 ? "protection violation" : "not present";
    if ((code & fault::write) != 0)
        words += ", write";
    // A fetch is distinguished from a read only under NXE or SMEP, so a plain read has no word.
    else if ((code & fault::fetch) != 0)
        words += ", fetch";
    words += (code & fault::user) != 0 ? ", user" : ", supervisor";
    return "#PF(" + hexText(code) + ": " + words + ")";
}

std::string bitPositionsText(std::uint64_t mask)
{
    std::string text;
    for (unsigned at = 64; at-- > 0;) {
        if ((mask >> at & 1) == 0)
            continue;
        text += text.empty() ? "" : ", ";
        text += std::to_string(at);
    }
    const bool one = mask != 0 && (mask & (mask - 1)) == 0;
    return (one ? "bit " : "bits ") + text;
}

} // namespace pgtscope::core
