// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/annotations.h"

#include <set>
#include <tuple>

#include "core/recording/schema.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxAnnotations = 100'000;
constexpr std::size_t maxAnnotationBytes = 1 << 20;

Result<void> checkFormat(Database& database)
{
    ASSIGN_OR_RETURN(auto query, database.prepare("SELECT version FROM annotations_format"));
    ASSIGN_OR_RETURN(auto row, query.next());
    const std::uint64_t version = row ? query.number(0) : 0;
    if (version > annotationsFormat)
        return failure("read the annotations of " + database.path(),
            "they have format " + std::to_string(version) + ", this program reads formats up to "
                + std::to_string(annotationsFormat),
            "open it with a newer pgtscope; the recording itself can be read");
    if (version != annotationsFormat)
        return failure("read the annotations of " + database.path(), "they are damaged");
    return {};
}

Result<void> insertAll(Database& database, const Annotations& annotations)
{
    ASSIGN_OR_RETURN(
        auto insert, database.prepare("INSERT INTO annotations(step, kind, title, body) VALUES(?, ?, ?, ?)"));
    for (const Annotation& annotation : annotations) {
        insert.bind(0, annotation.step).bind(1, static_cast<std::uint64_t>(annotation.kind));
        insert.bind(2, std::string_view(annotation.title)).bind(3, std::string_view(annotation.text));
        RETURN_IF_ERROR(insert.run());
    }
    return {};
}

Result<Annotations> readAll(Database& database)
{
    ASSIGN_OR_RETURN(
        auto query, database.prepare("SELECT step, kind, title, body FROM annotations ORDER BY step, id"));
    Annotations annotations;
    while (annotations.size() < maxAnnotations) {
        ASSIGN_OR_RETURN(auto row, query.next());
        if (!row)
            break;
        Annotation annotation;
        annotation.step = query.number(0);
        annotation.kind = query.number(1) == 0 ? AnnotationKind::Chapter : AnnotationKind::Note;
        annotation.title = query.text(2).substr(0, maxAnnotationBytes);
        annotation.text = query.text(3).substr(0, maxAnnotationBytes);
        annotations.push_back(std::move(annotation));
    }
    return annotations;
}

/// What is in `all` beyond `known`, each as often as it is there more often; in the order of `all`.
Annotations beyond(const Annotations& all, const Annotations& known)
{
    const auto order = [](const Annotation* a, const Annotation* b) {
        return std::tie(a->step, a->kind, a->title, a->text) < std::tie(b->step, b->kind, b->title, b->text);
    };
    std::multiset<const Annotation*, decltype(order)> left(order);
    for (const Annotation& annotation : known)
        left.insert(&annotation);
    Annotations more;
    for (const Annotation& annotation : all) {
        if (const auto found = left.find(&annotation); found != left.end())
            left.erase(found);
        else
            more.push_back(annotation);
    }
    return more;
}

/// `now` with what the caller added and without what he removed.
Annotations merged(const Annotations& now, const Annotations& before, const Annotations& after)
{
    if (now == before)
        return after;
    Annotations result = beyond(now, beyond(before, after));
    const Annotations added = beyond(after, before);
    result.insert(result.end(), added.begin(), added.end());
    return result;
}

} // namespace

Result<Annotations> loadAnnotations(const std::string& path)
{
    std::string damage;
    ASSIGN_OR_RETURN(auto database, openRecording(path, damage));
    return checkFormat(*database).and_then([&] { return readAll(*database); });
}

Result<void> changeAnnotations(const std::string& path, const Annotations& before, const Annotations& after)
{
    for (const Annotation& annotation : after)
        if (annotation.title.size() > maxAnnotationBytes || annotation.text.size() > maxAnnotationBytes)
            return failure("save the annotations of " + path,
                "the one at step " + std::to_string(annotation.step) + " is longer than 1 MiB");
    ASSIGN_OR_RETURN(auto database, editRecording(path));
    const auto replaceAll = [&](const Annotations& annotations) -> Result<void> {
        if (annotations.size() > maxAnnotations)
            return failure("save the annotations of " + path, "there are more than 100,000");
        return database->execute("DELETE FROM annotations").and_then([&] {
            return insertAll(*database, annotations);
        });
    };
    // What fails before the end is undone when the database is closed.
    return checkFormat(*database)
        .and_then([&] { return database->execute("BEGIN IMMEDIATE"); })
        .and_then([&] { return readAll(*database); })
        .and_then([&](const Annotations& now) { return replaceAll(merged(now, before, after)); })
        .and_then([&] { return database->execute("COMMIT"); });
}

} // namespace pgtscope::core
