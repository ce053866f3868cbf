#include "tests/shared/events/stores.h"

#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer_registry.h"
#include "shared/storage/lease.h"
#include "tests/support/test_database.h"

namespace crm::testing {
namespace {

using internal::v1::Event;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "store of the test: %s\n", status.ToString().c_str());
  std::abort();
}

absl::Time Deadline() { return SystemClock().Now() + kPatience; }

std::vector<SqlTable> EffectTables() {
  std::vector<SqlTable> tables = ConsumerTables();
  for (SqlTable& table : LeaseTables()) tables.push_back(std::move(table));
  tables.push_back({.name = "effect",
                    .columns = {{"ordering_key", SqlType::kText, false, {}},
                                {"events", SqlType::kInteger, false, {}}},
                    .primary_key = {"ordering_key"}});
  return tables;
}

}  // namespace

TempFolder::TempFolder() {
  path_ = ::testing::TempDir() + "/crm-events-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::File(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::unique_ptr<Database> OpenTestDatabase(const std::string& path,
                                           std::vector<SqlTable> tables) {
  auto database = OpenEngineUnderTest(path);
  Check(database.status());
  Check((*database)->Migrate({.tables = std::move(tables)}).status());
  return *std::move(database);
}

std::vector<SqlTable> ProducerTables() {
  std::vector<SqlTable> tables = OutboxTables();
  for (SqlTable& table : LeaseTables()) tables.push_back(std::move(table));
  tables.push_back(ConsumerRegistryTable());
  return tables;
}

ProducerStore::ProducerStore(int partitions)
    : outbox_("operational", clock_, partitions),
      database_(OpenTestDatabase(folder_.File("producer"), ProducerTables())),
      feed_(*database_, outbox_, clock_) {
  Check(database_->WriteAndWait(
      Deadline(), [this](SqlWriter& writer) { return outbox_.Open(writer); }));
}

Event ProducerStore::Emit(const std::string& ordering_key, int count,
                          const std::string& type) {
  Event event;
  for (int i = 0; i < count; ++i) {
    event.set_id(absl::StrCat("event-", ++next_id_));
    event.set_tenant("acme");
    event.set_type(type);
    event.set_ordering_key(ordering_key);
    Check(database_->WriteAndWait(Deadline(), [&](SqlWriter& writer) {
      return outbox_.Append(writer, event);
    }));
  }
  return event;
}

void ProducerStore::Append(Event event) {
  Check(database_->WriteAndWait(Deadline(), [&](SqlWriter& writer) {
    return outbox_.Append(writer, event);
  }));
}

void ProducerStore::Number() {
  Check(database_->WriteAndWait(Deadline(), [this](SqlWriter& writer) {
    return outbox_.Number(writer, 1'000'000).status();
  }));
}

void ProducerStore::RaiseEpoch() {
  Check(database_->WriteAndWait(Deadline(), [](SqlWriter& writer) {
    return writer
        .Execute("UPDATE feed_state SET feed_epoch = feed_epoch + 1", {})
        .status();
  }));
}

void ProducerStore::LoseAfter(int partition, int64_t seq) {
  Check(database_->WriteAndWait(Deadline(), [&](SqlWriter& writer) {
    Check(writer
              .Execute("DELETE FROM outbox WHERE part = ? AND seq > ?",
                       {int64_t{partition}, seq})
              .status());
    return writer
        .Execute("UPDATE partition_head SET seq = ? WHERE part = ?",
                 {seq, int64_t{partition}})
        .status();
  }));
}

void ProducerStore::Age(absl::Duration age) {
  Check(database_->WriteAndWait(Deadline(), [age](SqlWriter& writer) {
    return writer
        .Execute("UPDATE outbox SET created = created - ?",
                 {absl::ToInt64Microseconds(age)})
        .status();
  }));
}

std::vector<Event> ProducerStore::Events(int partition) {
  std::vector<Event> events;
  for (;;) {
    internal::v1::ReadFeedRequest request;
    request.set_partition(partition);
    request.set_after_seq(static_cast<int64_t>(events.size()));
    const auto response = feed_.Read(request, kPatience);
    Check(response.status());
    if (response->events().empty()) return events;
    events.insert(events.end(), response->events().begin(),
                  response->events().end());
  }
}

EffectStore::EffectStore()
    : database_(OpenTestDatabase(folder_.File("effect"), EffectTables())),
      applier_(
          *database_, clock_,
          [this](SqlWriter& writer, const Event& event) {
            return Apply(writer, event);
          },
          [](SqlWriter& writer, absl::string_view) {
            return writer.Execute("DELETE FROM effect", {}).status();
          }) {
  database_->SetCommitListener([this] {
    std::lock_guard lock(mutex_);
    ++commits_;
    committed_.notify_all();
  });
}

absl::Status EffectStore::Apply(SqlWriter& writer, const Event& event) {
  if (event.type() == "poison" && !takes_poison_) {
    return InvalidArgument("BAD_EVENT", "The event cannot be applied.");
  }
  if (failures_ > 0) {
    --failures_;
    return Unavailable("NOT_NOW", "The store has a bad moment.");
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("INSERT INTO effect (ordering_key, events) VALUES (?, 1) ON "
                   "CONFLICT (ordering_key) DO UPDATE SET events = "
                   "effect.events + 1 RETURNING events",
                   {event.ordering_key()}));
  if (!takes_any_version_ &&
      std::get<int64_t>(rows.at(0).at(0)) != event.key_version()) {
    return Internal("OUT_OF_ORDER", "The event does not follow the last.");
  }
  return absl::OkStatus();
}

std::map<std::string, int64_t> EffectStore::Effects() {
  std::map<std::string, int64_t> effects;
  Check(database_->Read(Deadline(), [&](SqlReader& reader) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query("SELECT ordering_key, events FROM effect", {}));
    for (const SqlRow& row : rows) {
      effects[std::get<std::string>(row[0])] = std::get<int64_t>(row[1]);
    }
    return absl::OkStatus();
  }));
  return effects;
}

int64_t EffectStore::EffectCount() {
  int64_t count = 0;
  for (const auto& [key, events] : Effects()) count += events;
  return count;
}

int64_t EffectStore::ParkedCount() {
  const auto state = applier_.Load("operational");
  Check(state.status());
  return state->parked_count;
}

bool EffectStore::WaitUntil(const std::function<bool()>& condition) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(kPatience);
  for (;;) {
    std::unique_lock lock(mutex_);
    const int64_t seen = commits_;
    lock.unlock();
    if (condition()) return true;
    lock.lock();
    if (!committed_.wait_until(lock, end, [&] { return commits_ != seen; })) {
      return condition();
    }
  }
}

}  // namespace crm::testing
