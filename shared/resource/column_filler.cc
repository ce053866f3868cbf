#include "shared/resource/column_filler.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "shared/resource/repeated_index.h"

namespace crm {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);

// Says what stands in a column, so that another meaning is seen.
std::string MeaningOf(const Resource& resource, const ResourceColumn& column) {
  const Column* described =
      resource.table.columns().FindEvenHidden(column.path);
  return absl::StrCat(column.path, ":", static_cast<int>(described->type), ":",
                      column.unique ? "unique" : "any");
}

bool IsEmptyText(const SqlValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return std::holds_alternative<std::monostate>(value) ||
         (text != nullptr && text->empty());
}

// What is stored of a column.
struct Note {
  std::string meaning;
  bool filled = false;
  // Tenant and name of the last row that was looked at.
  std::pair<std::string, std::string> reached = {};
  int64_t conflicts = 0;
};

// Returns what is stored of the columns of `table`, by their names.
absl::StatusOr<std::map<std::string, Note>> ReadNotes(
    SqlReader& reader, const std::string& table) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT column_name, meaning, filled, tenant, name, conflicts "
          "FROM column_fill WHERE table_name = ?",
          {table}));
  std::map<std::string, Note> notes;
  for (const SqlRow& row : rows) {
    notes[std::get<std::string>(row[0])] = {
        .meaning = std::get<std::string>(row[1]),
        .filled = std::get<int64_t>(row[2]) != 0,
        .reached = {std::get<std::string>(row[3]),
                    std::get<std::string>(row[4])},
        .conflicts = std::get<int64_t>(row[5])};
  }
  return notes;
}

absl::Status WriteNote(SqlWriter& writer, const std::string& table,
                       const std::string& column, const Note& note) {
  return writer
      .Execute(
          "INSERT INTO column_fill (table_name, column_name, meaning, filled, "
          "tenant, name, conflicts) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
          "(table_name, column_name) DO UPDATE SET "
          "meaning = excluded.meaning, filled = excluded.filled, "
          "tenant = excluded.tenant, name = excluded.name, "
          "conflicts = excluded.conflicts",
          {table, column, note.meaning, int64_t{note.filled},
           note.reached.first, note.reached.second, note.conflicts})
      .status();
}

absl::StatusOr<bool> HasRows(SqlReader& reader, const std::string& sql) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, {}));
  return !rows.empty();
}

struct RowKey {
  const SqlValue& tenant;
  const SqlValue& name;
  const SqlValue& parent;
};

// Whether another live row has `value` in a unique column, where `key` may not
// have it too: under its parent, or in its tenant.
absl::StatusOr<bool> IsHeld(SqlReader& reader, const ResourceSchema& schema,
                            const ResourceColumn& column, const SqlValue& value,
                            const RowKey& key) {
  std::string sql =
      absl::StrCat("SELECT 1 FROM ", schema.table(), " WHERE tenant = ? AND ",
                   column.name, " = ? AND delete_time IS NULL AND name <> ?");
  std::vector<SqlValue> params = {key.tenant, value, key.name};
  if (!column.unique_in_tenant) {
    sql += " AND parent = ?";
    params.push_back(key.parent);
  }
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query(absl::StrCat(sql, " LIMIT 1"), params));
  return !rows.empty();
}

std::string NamesOf(const ResourceSchema& schema,
                    const std::vector<size_t>& columns) {
  return absl::StrJoin(columns, "", [&](std::string* out, size_t index) {
    absl::StrAppend(out, ", ", schema.columns()[index].name);
  });
}

}  // namespace

SqlTable ColumnFillTable() {
  return {.name = "column_fill",
          .columns = {{"table_name", SqlType::kText, false, {}},
                      {"column_name", SqlType::kText, false, {}},
                      {"meaning", SqlType::kText, false, {}},
                      {"filled", SqlType::kInteger, false, {}},
                      {"tenant", SqlType::kText, false, {}},
                      {"name", SqlType::kText, false, {}},
                      {"conflicts", SqlType::kInteger, false, {}}},
          .primary_key = {"table_name", "column_name"}};
}

ColumnFiller::ColumnFiller(Database& database, const ResourceCatalog& catalog,
                           const Clock& clock, Options options)
    : database_(database),
      catalog_(catalog),
      clock_(clock),
      options_(options) {}

ColumnFiller::~ColumnFiller() { Stop(); }

absl::Status ColumnFiller::Load() {
  std::vector<Task> tasks;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      clock_.Now() + kTimeout, [&](SqlWriter& writer) -> absl::Status {
        tasks.clear();
        CRM_RETURN_IF_ERROR(StrikeUnknown(writer));
        for (const auto& resource : catalog_.resources()) {
          CRM_RETURN_IF_ERROR(LoadResource(writer, *resource, tasks));
        }
        return absl::OkStatus();
      }));
  Progress progress;
  for (const Task& task : tasks) {
    for (const size_t index : task.columns) {
      task.resource->table.columns().Hide(
          task.resource->schema.columns()[index].path);
      ++progress.filling_columns;
    }
  }
  tasks_ = std::move(tasks);
  const std::lock_guard lock(mutex_);
  progress_ = progress;
  return absl::OkStatus();
}

absl::Status ColumnFiller::StrikeUnknown(SqlWriter& writer) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT table_name, column_name FROM column_fill", {}));
  std::map<std::string, std::set<std::string>> known;
  for (const auto& resource : catalog_.resources()) {
    std::set<std::string>& columns = known[resource->schema.table()];
    for (const ResourceColumn& column : resource->schema.columns()) {
      columns.insert(column.name);
    }
  }
  for (const SqlRow& row : rows) {
    const auto table = known.find(std::get<std::string>(row[0]));
    // A table that this program does not know it does not write to.
    if (table == known.end() ||
        table->second.contains(std::get<std::string>(row[1]))) {
      continue;
    }
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(
                "UPDATE column_fill SET filled = 0, tenant = '', name = '', "
                "conflicts = 0 WHERE table_name = ? AND column_name = ?",
                row)
            .status());
  }
  return absl::OkStatus();
}

absl::Status ColumnFiller::LoadResource(SqlWriter& writer, Resource& resource,
                                        std::vector<Task>& tasks) const {
  const std::string& table = resource.schema.table();
  CRM_ASSIGN_OR_RETURN(const auto notes, ReadNotes(writer, table));
  CRM_ASSIGN_OR_RETURN(
      const bool has_rows,
      HasRows(writer, absl::StrCat("SELECT 1 FROM ", table, " LIMIT 1")));
  Task task;
  task.resource = &resource;
  for (size_t i = 0; i < resource.schema.columns().size(); ++i) {
    const ResourceColumn& column = resource.schema.columns()[i];
    const auto found = notes.find(column.name);
    Note note{.meaning = MeaningOf(resource, column)};
    if (found != notes.end() && found->second.meaning == note.meaning) {
      note = found->second;
    } else {
      note.filled = !has_rows;
      if (has_rows && found == notes.end()) {
        // A column with values that nobody has noted down is older than the
        // notes, and was kept since its table was made.
        CRM_ASSIGN_OR_RETURN(
            note.filled,
            HasRows(writer, absl::StrCat("SELECT 1 FROM ", table, " WHERE ",
                                         column.name, " IS NOT NULL LIMIT 1")));
      }
      CRM_RETURN_IF_ERROR(WriteNote(writer, table, column.name, note));
    }
    if (note.filled) continue;
    // Columns may have come one after the other; the one that is least far
    // decides where all go on.
    std::pair<std::string, std::string> least = {task.tenant, task.name};
    if (task.columns.empty() || note.reached < least) least = note.reached;
    std::tie(task.tenant, task.name) = std::move(least);
    task.conflicts = std::max(task.conflicts, note.conflicts);
    task.columns.push_back(i);
  }
  if (!task.columns.empty()) tasks.push_back(std::move(task));
  return absl::OkStatus();
}

absl::StatusOr<bool> ColumnFiller::Step() {
  if (tasks_.empty()) return false;
  Task next;
  int count = 0;
  int64_t conflicts = 0;
  bool is_filled = false;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      clock_.Now() + kTimeout, [&](SqlWriter& writer) -> absl::Status {
        next = tasks_.front();
        CRM_ASSIGN_OR_RETURN(count, FillBatch(writer, next));
        const bool at_end = count < options_.batch;
        conflicts = next.conflicts;
        is_filled = at_end && conflicts == 0;
        if (at_end && !is_filled) {
          next.tenant.clear();
          next.name.clear();
          next.conflicts = 0;
        }
        return Remember(writer, next, is_filled);
      }));
  const bool starts_over = !is_filled && count < options_.batch;
  {
    const std::lock_guard lock(mutex_);
    progress_.rows += count;
    if (count < options_.batch) progress_.conflicts = conflicts;
    if (is_filled) {
      progress_.filling_columns -= static_cast<int64_t>(next.columns.size());
    }
  }
  if (!is_filled) {
    tasks_.front() = next;
    if (!starts_over) return true;
    std::rotate(tasks_.begin(), tasks_.begin() + 1, tasks_.end());
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "COLUMN_CONFLICTS",
        absl::StrCat(conflicts, " rows of '", next.resource->schema.table(),
                     "' have a value that is to be unique and that another row "
                     "has too. Change or delete one of each."));
  }
  for (const size_t index : next.columns) {
    next.resource->table.columns().Show(
        next.resource->schema.columns()[index].path);
  }
  tasks_.erase(tasks_.begin());
  return !tasks_.empty();
}

absl::StatusOr<int> ColumnFiller::FillBatch(SqlWriter& writer,
                                            Task& task) const {
  const ResourceSchema& schema = task.resource->schema;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(
          absl::StrCat("SELECT tenant, name, parent, delete_time, body",
                       NamesOf(schema, task.columns), " FROM ", schema.table(),
                       " WHERE (tenant, name) > (?, ?) ORDER BY tenant, name "
                       "LIMIT ?"),
          {task.tenant, task.name, int64_t{options_.batch}}));
  for (const SqlRow& row : rows) {
    task.tenant = std::get<std::string>(row[0]);
    task.name = std::get<std::string>(row[1]);
    CRM_RETURN_IF_ERROR(FillRow(writer, row, task));
  }
  return static_cast<int>(rows.size());
}

absl::Status ColumnFiller::FillRow(SqlWriter& writer, const SqlRow& row,
                                   Task& task) const {
  constexpr size_t kFirstColumn = 5;
  const ResourceSchema& schema = task.resource->schema;
  const auto message = task.resource->New();
  if (!message->ParseFromString(std::get<SqlBlob>(row[4]).bytes)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  const bool is_live = std::holds_alternative<std::monostate>(row[3]);
  std::string assignments;
  std::vector<SqlValue> params;
  for (size_t i = 0; i < task.columns.size(); ++i) {
    const ResourceColumn& column = schema.columns()[task.columns[i]];
    const FieldPath path = *FindFieldPath(*schema.message(), column.path);
    SqlValue value = ColumnValue(*message, path);
    if (path.many()) {
      CRM_RETURN_IF_ERROR(AddRepeatedValues(writer,
                                            std::get<std::string>(row[0]),
                                            *task.resource, path, *message));
    }
    if (value == row[kFirstColumn + i]) continue;
    if (column.unique && is_live && !IsEmptyText(value)) {
      CRM_ASSIGN_OR_RETURN(
          const bool is_held,
          IsHeld(writer, schema, column, value,
                 {.tenant = row[0], .name = row[1], .parent = row[2]}));
      if (is_held) {
        ++task.conflicts;
        continue;
      }
    }
    absl::StrAppend(&assignments, assignments.empty() ? "" : ", ", column.name,
                    " = ?");
    params.push_back(std::move(value));
  }
  if (assignments.empty()) return absl::OkStatus();
  params.push_back(row[0]);
  params.push_back(row[1]);
  return writer
      .Execute(absl::StrCat("UPDATE ", schema.table(), " SET ", assignments,
                            " WHERE tenant = ? AND name = ?"),
               params)
      .status();
}

absl::Status ColumnFiller::Remember(SqlWriter& writer, const Task& task,
                                    bool is_filled) const {
  for (const size_t index : task.columns) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("UPDATE column_fill SET filled = ?, tenant = ?, name = ?, "
                     "conflicts = ? WHERE table_name = ? AND column_name = ?",
                     {int64_t{is_filled}, task.tenant, task.name,
                      task.conflicts, task.resource->schema.table(),
                      task.resource->schema.columns()[index].name})
            .status());
  }
  return absl::OkStatus();
}

void ColumnFiller::Start() {
  if (tasks_.empty()) return;
  thread_ = std::thread([this] { Loop(); });
}

void ColumnFiller::Loop() {
  for (;;) {
    const absl::StatusOr<bool> more = Step();
    if (more.ok() && !*more) return;
    const absl::Duration pause = more.ok() ? options_.pause : options_.retry;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, absl::ToChronoMilliseconds(pause),
                          [this] { return stopping_; })) {
      return;
    }
  }
}

void ColumnFiller::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ColumnFiller::Progress ColumnFiller::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

}  // namespace crm
