// Fills columns that were added to tables which had rows: online, in small
// steps that are remembered, so that a kill costs at most one of them.
//
// A migration adds the column of a newly indexed field at once, empty in the
// rows that exist. Until the values of all stored resources are in it, filters
// on the field are evaluated on the resources; then it is used. Which columns
// are filled is kept in the store. A program that finds columns there which it
// does not know will not maintain them, so it strikes them off: the program
// that knows them fills them again.

#ifndef CRM_SHARED_RESOURCE_COLUMN_FILLER_H_
#define CRM_SHARED_RESOURCE_COLUMN_FILLER_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the table of what is filled and how far the rest is.
SqlTable ColumnFillTable();

// Fills the columns of one store's resources. Load() and Step() are called by
// one thread; Start() and Stop() by any.
class ColumnFiller {
 public:
  struct Options {
    // The most rows of one transaction.
    int batch = 500;
    // The pause after each, so that other writes come first.
    absl::Duration pause = absl::Milliseconds(20);
    // The pause after a failure, and before rows are looked at again whose
    // values stand in the way of a unique column.
    absl::Duration retry = absl::Minutes(1);
  };

  // What remains to be done.
  struct Progress {
    int64_t filling_columns = 0;
    // Rows looked at since the start.
    int64_t rows = 0;
    // Rows whose unique value another row holds too, in the last look at all.
    int64_t conflicts = 0;
  };

  // All outlive this. The columns of `catalog` are hidden while they are being
  // filled.
  ColumnFiller(Database& database, const ResourceCatalog& catalog,
               const Clock& clock, Options options);

  // Stops.
  ~ColumnFiller();

  // Finds out what is not filled, and hides those columns. Called after the
  // migration, before anything is served. Returns the errors of a write.
  absl::Status Load();

  // Fills one batch of rows. Returns whether there is more to do. Returns the
  // errors of a write, with the batch not done.
  absl::StatusOr<bool> Step();

  // Goes on stepping, on a thread of its own, until all is done.
  void Start();

  // Ends the thread; what is not done is done after the next start.
  void Stop();

  Progress progress() const;

 private:
  // One resource that has columns to fill.
  struct Task {
    Resource* resource = nullptr;
    // Indexes into schema.columns().
    std::vector<size_t> columns;
    // The last row that was looked at.
    std::string tenant;
    std::string name;
    int64_t conflicts = 0;
  };

  absl::Status LoadResource(SqlWriter& writer, Resource& resource,
                            std::vector<Task>& tasks) const;
  absl::Status StrikeUnknown(SqlWriter& writer) const;
  // Fills the next rows of `task`, which is moved on. Returns how many.
  absl::StatusOr<int> FillBatch(SqlWriter& writer, Task& task) const;
  absl::Status FillRow(SqlWriter& writer, const SqlRow& row, Task& task) const;
  absl::Status Remember(SqlWriter& writer, const Task& task,
                        bool is_filled) const;
  void Loop();

  Database& database_;
  const ResourceCatalog& catalog_;
  const Clock& clock_;
  const Options options_;
  std::vector<Task> tasks_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Progress progress_;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_COLUMN_FILLER_H_
