// The two ends of an event's way, for tests: a service that appends events to
// its outbox, and a service that keeps their effect. Each has a database of its
// own in a temporary folder.

#ifndef CRM_TESTS_SHARED_EVENTS_STORES_H_
#define CRM_TESTS_SHARED_EVENTS_STORES_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/base/clock.h"
#include "shared/events/local_feed.h"
#include "shared/events/outbox.h"
#include "shared/events/sql_applier.h"
#include "shared/storage/database.h"

namespace crm::testing {

// The longest that a test waits for another thread.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

// A folder that is removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  std::string File(absl::string_view name) const;

 private:
  std::string path_;
};

// Returns an open database with `tables`. Ends the test program if it cannot.
std::unique_ptr<Database> OpenTestDatabase(const std::string& path,
                                           std::vector<SqlTable> tables);

// The tables of a service that has a feed.
std::vector<SqlTable> ProducerTables();

// A service `operational` with an outbox. Thread-safe.
class ProducerStore {
 public:
  explicit ProducerStore(int partitions = 4);

  // Commits `count` events of `ordering_key`, each on its own, and returns the
  // last. Their type is `type`.
  internal::v1::Event Emit(const std::string& ordering_key, int count = 1,
                           const std::string& type = "lead.created");

  // Commits an event that is made elsewhere, without its versions.
  void Append(internal::v1::Event event);

  // Gives all events their position, as the relay would.
  void Number();

  // Begins the next epoch, as after a restored backup.
  void RaiseEpoch();

  // Returns the events of a partition in order.
  std::vector<internal::v1::Event> Events(int partition);

  // Goes back to where `partition` ended at `seq`, as a server does that takes
  // over and lacks the last.
  void LoseAfter(int partition, int64_t seq);

  // Makes all events look as if they had been written that much earlier.
  void Age(absl::Duration age);

  Database& database() { return *database_; }
  Outbox& outbox() { return outbox_; }
  LocalFeed& feed() { return feed_; }
  const Clock& clock() const { return clock_; }

 private:
  TempFolder folder_;
  SystemClock clock_;
  Outbox outbox_;
  std::unique_ptr<Database> database_;
  LocalFeed feed_;
  std::atomic<int> next_id_ = 0;
};

// A service that counts events by ordering key, and refuses one that does not
// follow the last of its key. Thread-safe.
class EffectStore {
 public:
  EffectStore();

  // Events of type `poison` fail by their own fault.
  Applier& applier() { return applier_; }

  // From now on, poison is taken like other events; events are taken whatever
  // version of their key they have.
  void TakePoison() { takes_poison_ = true; }
  void TakeAnyVersion() { takes_any_version_ = true; }

  // Makes the next `count` applications fail by the moment's fault.
  void FailNext(int count) { failures_ = count; }

  // Returns how many events took effect, by ordering key.
  std::map<std::string, int64_t> Effects();
  int64_t EffectCount();
  int64_t ParkedCount();

  // Waits until `condition` holds; it is looked at after each commit here.
  // Returns whether it came true.
  bool WaitUntil(const std::function<bool()>& condition);

  Database& database() { return *database_; }

 private:
  absl::Status Apply(SqlWriter& writer, const internal::v1::Event& event);

  TempFolder folder_;
  SystemClock clock_;
  std::unique_ptr<Database> database_;
  SqlApplier applier_;
  std::atomic<int> failures_ = 0;
  std::atomic<bool> takes_poison_ = false;
  std::atomic<bool> takes_any_version_ = false;
  std::mutex mutex_;
  std::condition_variable committed_;
  int64_t commits_ = 0;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_EVENTS_STORES_H_
