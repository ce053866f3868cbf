// Takes resources into the search index that were stored before their fields
// were searchable, while the service runs: in small steps that are remembered,
// so that a kill costs at most one of them.

#ifndef CRM_SHARED_RESOURCE_SEARCH_FILLER_H_
#define CRM_SHARED_RESOURCE_SEARCH_FILLER_H_

#include <condition_variable>
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

// Returns the table of how far each type is taken in.
SqlTable SearchProgressTable();

// Returns the types of which older resources may be missing in the index.
absl::StatusOr<std::vector<std::string>> IncompleteTypes(
    SqlReader& reader, const ResourceCatalog& catalog);

// Completes the search index of one store. When the searchable fields of a type
// become others, or are folded in another way, the type is gone through anew.
// Several processes of one store may do so side by side. Load() and Step() are
// called by one thread; Start() and Stop() by any.
class SearchFiller {
 public:
  struct Options {
    // The most rows of one transaction: few, as other writes wait for it.
    int batch = 100;
    // The pause after each, so that other writes come first.
    absl::Duration pause = absl::Milliseconds(20);
    // The pause after a failure.
    absl::Duration retry = absl::Minutes(1);
  };

  // All outlive this.
  SearchFiller(Database& database, const ResourceCatalog& catalog,
               const Clock& clock, Options options);

  // Stops.
  ~SearchFiller();

  // Notes down that types without rows are complete. Called after the
  // migration, before anything is served. Returns the errors of a write.
  absl::Status Load();

  // Takes in one batch of rows. Returns whether there is more to do. Returns
  // the errors of a write, with the batch not done.
  absl::StatusOr<bool> Step();

  // Goes on stepping, on a thread of its own, until all is done.
  void Start();

  // Ends the thread; what is not done is done after the next start.
  void Stop();

 private:
  void Loop();

  Database& database_;
  const ResourceCatalog& catalog_;
  const Clock& clock_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_SEARCH_FILLER_H_
