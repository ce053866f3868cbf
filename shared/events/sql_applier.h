// Keeps a consumer's positions and parked events in a SQL database, beside the
// effect of the events.

#ifndef CRM_SHARED_EVENTS_SQL_APPLIER_H_
#define CRM_SHARED_EVENTS_SQL_APPLIER_H_

#include <functional>
#include <optional>
#include <vector>

#include "shared/base/clock.h"
#include "shared/events/applier.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Returns the tables of positions, attempts and parked events, for the schema
// of the database that holds the effect.
std::vector<SqlTable> ConsumerTables();

// Statements over those tables, for stores that run their own transactions.

// Returns what is stored of `producer`.
absl::StatusOr<ConsumerState> LoadConsumerState(SqlReader& reader,
                                                absl::string_view producer);

// Moves the position of the step's partition. Returns ABORTED (POSITION_MOVED)
// unless the step starts from the stored one, or (LEASE_LOST) if its lease is
// another's.
absl::Status AdvancePosition(SqlWriter& writer, const FeedStep& step);

// Do what Applier::NoteAttempt() and ForgetAttempts() say.
absl::StatusOr<int64_t> NoteAttemptIn(SqlWriter& writer, const FeedStep& step);
absl::Status ForgetAttemptsIn(SqlWriter& writer, const FeedStep& step);

// Returns whether `feed_epoch` of `producer`, or a later one, has begun.
absl::StatusOr<bool> HasBegun(SqlReader& reader, absl::string_view producer,
                              int64_t feed_epoch);

// Removes positions and parked events of `producer` and begins `feed_epoch`.
absl::Status ResetConsumerState(SqlWriter& writer, absl::string_view producer,
                                int64_t feed_epoch);

// Begins `feed_epoch` of `producer` and keeps positions and parked events: for
// a producer whose log lies in the same store. Does nothing if that epoch or a
// later one has begun.
absl::Status BeginEpochInPlace(SqlWriter& writer, absl::string_view producer,
                               int64_t feed_epoch);

// Applies events to a Database by two functions. Thread-safe.
class SqlApplier : public Applier {
 public:
  // Makes the effect of one event. It may run more than once for an event of
  // which nothing was stored, so it keeps nothing outside the transaction.
  using ApplyEvent =
      std::function<absl::Status(SqlWriter&, const internal::v1::Event&)>;
  // Removes the effect of all events of a producer.
  using ForgetProducer =
      std::function<absl::Status(SqlWriter&, absl::string_view producer)>;

  // `database` and `clock` outlive this.
  SqlApplier(Database& database, const Clock& clock, ApplyEvent apply_event,
             ForgetProducer forget_producer);

  absl::StatusOr<ConsumerState> Load(absl::string_view producer) override;
  absl::Status Apply(const FeedStep& step,
                     absl::Span<const internal::v1::Event> events) override;
  absl::StatusOr<int64_t> NoteAttempt(const FeedStep& step) override;
  absl::Status ForgetAttempts(const FeedStep& step) override;
  absl::Status Park(const FeedStep& step, const internal::v1::Event& event,
                    const absl::Status& reason) override;
  absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view tenant, const std::optional<ParkedPlace>& after,
      int limit) override;
  absl::StatusOr<bool> ReplayParked(absl::string_view producer,
                                    const ParkedKey& key) override;
  absl::Status Resync(absl::string_view producer, int64_t feed_epoch) override;

 private:
  absl::Time Deadline() const;

  Database& database_;
  const Clock& clock_;
  const ApplyEvent apply_event_;
  const ForgetProducer forget_producer_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_SQL_APPLIER_H_
