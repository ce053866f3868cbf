#include "shared/resource/custom_fill.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/search_index.h"

namespace crm {
namespace {

using ::crm::operational::v1::FieldDefinition;

// The rows of one step.
constexpr int kBatch = 500;
// The same where documents are written, which take longer.
constexpr int kSearchBatch = 100;
// The pause after each, so that other writes come first.
constexpr absl::Duration kPause = absl::Milliseconds(20);

// How far a build is: what the timer carries.
struct Progress {
  int64_t revision = 0;
  int64_t conflicts = 0;
  std::string reached;
};

std::string PayloadOf(const Progress& progress) {
  return absl::StrCat(progress.revision, " ", progress.conflicts, " ",
                      progress.reached);
}

absl::StatusOr<Progress> ReadPayload(const std::string& payload) {
  const std::vector<std::string> parts =
      absl::StrSplit(payload, absl::MaxSplits(' ', 2));
  Progress progress;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &progress.revision) ||
      !absl::SimpleAtoi(parts[1], &progress.conflicts)) {
    return Internal("TIMER_UNREADABLE", "A timer could not be read.");
  }
  progress.reached = parts[2];
  return progress;
}

// Whether `definition` has an index, built or not.
bool KeepsIndex(const FieldDefinition* definition) {
  return definition != nullptr &&
         (definition->index_state() == FieldDefinition::BUILDING ||
          definition->index_state() == FieldDefinition::READY);
}

// Adds the next rows to the index. Returns whether there is more to do; sets
// the state of the index if there is not.
absl::StatusOr<bool> FillNext(Transaction& transaction, Progress& progress,
                              FieldDefinition& definition) {
  const Resource* resource =
      transaction.view().catalog().FindByKind(definition.resource_type());
  if (resource == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "A field is one of no resource.");
  }
  const CustomField field(definition);
  CRM_ASSIGN_OR_RETURN(
      const CustomFill fill,
      FillCustomIndex(transaction.writer(), transaction.view().tenant(),
                      CustomRowsOf(*resource, definition.resource_type()),
                      *resource->New(), field, progress.reached, kBatch));
  progress.reached = fill.reached;
  progress.conflicts += fill.conflicts;
  if (!fill.too_long && fill.rows == kBatch) return true;
  definition.set_index_state(fill.too_long ? FieldDefinition::FAILED
                                           : FieldDefinition::READY);
  definition.set_conflict_count(progress.conflicts);
  return false;
}

}  // namespace

CustomRows CustomRowsOf(const Resource& resource, absl::string_view kind) {
  return {.table = resource.schema.table(),
          .parent = resource.rules.fields_by_parent ? std::string(kind) : ""};
}

void ScheduleCustomFill(Transaction& transaction, const FieldDefinition* before,
                        const FieldDefinition* after) {
  const bool builds =
      KeepsIndex(after) && after->index_state() == FieldDefinition::BUILDING;
  const bool is_new = before == nullptr || !KeepsIndex(before) ||
                      before->index_revision() != after->index_revision();
  if (builds && is_new) {
    transaction.Schedule(
        kCustomFillTimer, after->name(), transaction.now(),
        PayloadOf({.revision = after->index_revision(), .reached = ""}));
  }
  const bool drops = KeepsIndex(before) &&
                     (!KeepsIndex(after) ||
                      before->index_revision() != after->index_revision());
  if (drops) {
    transaction.Schedule(kCustomClearTimer, CustomField(*before).index_id,
                         transaction.now());
  }
  const bool was_searched = before != nullptr && IsSearched(*before);
  const bool is_searched = after != nullptr && IsSearched(*after);
  if (was_searched != is_searched) {
    transaction.Schedule(kCustomSearchTimer,
                         (after != nullptr ? after : before)->resource_type(),
                         transaction.now());
  }
}

absl::Status StartCustomFill(Transaction& transaction,
                             FieldDefinition& definition) {
  Progress progress{.revision = definition.index_revision(), .reached = ""};
  return FillNext(transaction, progress, definition).status();
}

absl::Status ContinueCustomFill(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(Progress progress, ReadPayload(timer.payload));
  auto definition = transaction.view().GetLive<FieldDefinition>(timer.key);
  if (absl::IsNotFound(definition.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(definition.status());
  if (definition->index_state() != FieldDefinition::BUILDING ||
      definition->index_revision() != progress.revision) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const bool more,
                       FillNext(transaction, progress, *definition));
  if (more) {
    transaction.Schedule(kCustomFillTimer, timer.key,
                         transaction.now() + kPause, PayloadOf(progress));
  } else {
    transaction.Update(*definition);
  }
  return transaction.status();
}

absl::Status ContinueCustomClear(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(
      const bool more,
      ClearCustomIndex(transaction.writer(), timer.tenant, timer.key, kBatch));
  if (more) {
    transaction.Schedule(kCustomClearTimer, timer.key,
                         transaction.now() + kPause);
  }
  return transaction.status();
}

absl::Status ContinueCustomSearch(Transaction& transaction,
                                  const Timer& timer) {
  const Resource* resource = transaction.view().catalog().FindByKind(timer.key);
  if (resource == nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  const CustomType* custom = schema->Find(timer.key);
  SqlWriter& writer = transaction.writer();
  const SqlFragment query =
      CustomRowsOf(*resource, timer.key)
          .After(timer.tenant, timer.payload, kSearchBatch);
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       writer.Query(query.text, query.params));
  for (const SqlRow& row : rows) {
    const std::unique_ptr<google::protobuf::Message> message = resource->New();
    if (!message->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    CRM_RETURN_IF_ERROR(
        IndexResource(writer, timer.tenant, *resource, custom, *message));
  }
  if (rows.size() == size_t{kSearchBatch}) {
    transaction.Schedule(kCustomSearchTimer, timer.key,
                         transaction.now() + kPause,
                         std::get<std::string>(rows.back()[0]));
  }
  return transaction.status();
}

absl::StatusOr<bool> IsTakingInCustom(SqlReader& reader,
                                      absl::string_view tenant,
                                      absl::string_view type) {
  return HasTimer(reader, tenant, kCustomSearchTimer, type);
}

}  // namespace crm
