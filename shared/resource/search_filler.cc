#include "shared/resource/search_filler.h"

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/text_folding.h"
#include "shared/resource/search_index.h"

namespace crm {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);

// How far a type is taken in: the last row, in the order of the key.
struct Progress {
  std::string tenant = {};
  std::string name = {};
  bool done = false;
};

// What the documents of a type are made from, and how.
std::string FieldsOf(const Resource& resource) {
  return absl::StrCat("v", kFoldingVersion, ":",
                      absl::StrJoin(resource.schema.searchable(), ","));
}

std::vector<const Resource*> SearchableTypes(const ResourceCatalog& catalog) {
  std::vector<const Resource*> types;
  for (const auto& resource : catalog.resources()) {
    if (!resource->schema.searchable().empty()) types.push_back(resource.get());
  }
  return types;
}

// Returns how far each type is; types that were never begun are missing.
absl::StatusOr<std::map<std::string, Progress>> ReadProgress(
    SqlReader& reader, const std::vector<const Resource*>& types) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT resource_type, fields, tenant, name, done "
                   "FROM search_progress",
                   {}));
  std::map<std::string, Progress> progress;
  for (const Resource* type : types) {
    for (const SqlRow& row : rows) {
      if (std::get<std::string>(row[0]) != type->schema.type() ||
          std::get<std::string>(row[1]) != FieldsOf(*type)) {
        continue;
      }
      progress[type->schema.type()] = {std::get<std::string>(row[2]),
                                       std::get<std::string>(row[3]),
                                       std::get<int64_t>(row[4]) != 0};
    }
  }
  return progress;
}

absl::Status WriteProgress(SqlWriter& writer, const Resource& resource,
                           const Progress& progress) {
  return writer
      .Execute(
          "INSERT INTO search_progress "
          "(resource_type, fields, tenant, name, done) VALUES (?, ?, ?, ?, ?) "
          "ON CONFLICT (resource_type) DO UPDATE SET "
          "fields = excluded.fields, tenant = excluded.tenant, "
          "name = excluded.name, done = excluded.done",
          {resource.schema.type(), FieldsOf(resource), progress.tenant,
           progress.name, int64_t{progress.done}})
      .status();
}

// Takes in the rows after `progress`, at most `batch`, and moves it on.
absl::Status TakeBatch(SqlWriter& writer, const ResourceCatalog& catalog,
                       const Resource& resource, int batch, Progress progress) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(absl::StrCat("SELECT tenant, name, body FROM ",
                                resource.schema.table(),
                                " WHERE (tenant, name) > (?, ?) "
                                "ORDER BY tenant, name LIMIT ?"),
                   {progress.tenant, progress.name, int64_t{batch}}));
  for (const SqlRow& row : rows) {
    progress.tenant = std::get<std::string>(row[0]);
    progress.name = std::get<std::string>(row[1]);
    const std::unique_ptr<google::protobuf::Message> message = resource.New();
    if (!message->ParseFromString(std::get<SqlBlob>(row[2]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    CRM_ASSIGN_OR_RETURN(const auto custom, catalog.custom_schemas().Find(
                                                writer, progress.tenant));
    CRM_RETURN_IF_ERROR(IndexResource(
        writer, progress.tenant, resource,
        custom->Find(resource.CustomKind(progress.name)), *message));
  }
  progress.done = static_cast<int>(rows.size()) < batch;
  return WriteProgress(writer, resource, progress);
}

}  // namespace

SqlTable SearchProgressTable() {
  return {.name = "search_progress",
          .columns = {{"resource_type", SqlType::kText, false, {}},
                      {"fields", SqlType::kText, false, {}},
                      {"tenant", SqlType::kText, false, {}},
                      {"name", SqlType::kText, false, {}},
                      {"done", SqlType::kInteger, false, {}}},
          .primary_key = {"resource_type"},
          .clustered = true};
}

absl::StatusOr<std::vector<std::string>> IncompleteTypes(
    SqlReader& reader, const ResourceCatalog& catalog) {
  const std::vector<const Resource*> types = SearchableTypes(catalog);
  CRM_ASSIGN_OR_RETURN(const auto progress, ReadProgress(reader, types));
  std::vector<std::string> incomplete;
  for (const Resource* type : types) {
    const auto found = progress.find(type->schema.type());
    if (found == progress.end() || !found->second.done) {
      incomplete.push_back(type->schema.type());
    }
  }
  return incomplete;
}

SearchFiller::SearchFiller(Database& database, const ResourceCatalog& catalog,
                           const Clock& clock, Options options)
    : database_(database),
      catalog_(catalog),
      clock_(clock),
      options_(options) {}

SearchFiller::~SearchFiller() { Stop(); }

absl::Status SearchFiller::Load() {
  return database_.WriteAndWait(
      clock_.Now() + kTimeout, [&](SqlWriter& writer) -> absl::Status {
        const std::vector<const Resource*> types = SearchableTypes(catalog_);
        CRM_ASSIGN_OR_RETURN(const auto progress, ReadProgress(writer, types));
        for (const Resource* type : types) {
          if (progress.contains(type->schema.type())) continue;
          CRM_ASSIGN_OR_RETURN(
              const SqlRows rows,
              writer.Query(absl::StrCat("SELECT 1 FROM ", type->schema.table(),
                                        " LIMIT 1"),
                           {}));
          if (!rows.empty()) continue;
          CRM_RETURN_IF_ERROR(WriteProgress(writer, *type, {.done = true}));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<bool> SearchFiller::Step() {
  bool more = false;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      clock_.Now() + kTimeout, [&](SqlWriter& writer) -> absl::Status {
        more = false;
        const std::vector<const Resource*> types = SearchableTypes(catalog_);
        CRM_ASSIGN_OR_RETURN(auto progress, ReadProgress(writer, types));
        for (const Resource* type : types) {
          const Progress& reached = progress[type->schema.type()];
          if (reached.done) continue;
          more = true;
          return TakeBatch(writer, catalog_, *type, options_.batch, reached);
        }
        return absl::OkStatus();
      }));
  return more;
}

void SearchFiller::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void SearchFiller::Loop() {
  for (;;) {
    const absl::StatusOr<bool> more = Step();
    if (more.ok() && !*more) return;
    const absl::Duration pause = more.ok() ? options_.pause : options_.retry;
    std::unique_lock lock(mutex_);
    if (stopped_.wait_for(lock, absl::ToChronoMilliseconds(pause),
                          [this] { return stopping_; })) {
      return;
    }
  }
}

void SearchFiller::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace crm
