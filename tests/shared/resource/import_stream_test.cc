#include "shared/resource/import_stream.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/call/duplex_stream.h"
#include "shared/resource/import_input.h"
#include "shared/resource/operation_runner.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/doomed_worker.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::platform::v1::ImportPlan;
using ::crm::platform::v1::ImportResult;
using ::crm::platform::v1::StreamImportRowsRequest;
using ::crm::platform::v1::StreamImportRowsResponse;
using ::crm::testing::IsOk;
using ::crm::testing::ParseTextOrDie;
using ::crm::testing::Patient;
using ::crm::testing::SmallKernel;
using ::crm::testing::TempFolder;

TEST(IsOneRow, TakesWholeRowsAlone) {
  ImportPlan csv;
  csv.set_format(ImportPlan::CSV);
  csv.set_delimiter(";");
  ImportPlan json;
  json.set_format(ImportPlan::NDJSON);

  for (const char* text : {"a", "a;b", ";", "\"a\nb\";c", "\"a\"\"b\"",
                           "\"a\"b", "a\r", "\na", "\xFF"}) {
    EXPECT_TRUE(IsOneRow(csv, text)) << text;
  }
  for (const char* text :
       {"", " ", "\t", "\n", "a\nb", "a\rb", "\"a", "a;\"b", "\"a\nb", "a\n"}) {
    EXPECT_FALSE(IsOneRow(csv, text)) << text;
  }
  for (const char* text : {"{}", "\n{}", "no object", "{\"a\":\"b\\n\"}"}) {
    EXPECT_TRUE(IsOneRow(json, text)) << text;
  }
  for (const char* text : {"", " ", "{\n}", "{}\n"}) {
    EXPECT_FALSE(IsOneRow(json, text)) << text;
  }
}

// A stream whose caller has sent all its messages already.
class SentStream final : public DuplexStream {
 public:
  explicit SentStream(std::deque<StreamImportRowsRequest> messages)
      : messages_(std::move(messages)) {}

  bool Write(std::string bytes) override {
    std::lock_guard lock(mutex_);
    StreamImportRowsResponse answer;
    answer.ParseFromString(bytes);
    answers_.push_back(answer.next_row());
    return true;
  }
  void SetOnReady(std::function<void()> /*on_ready*/) override {}
  void Finish(absl::Status status) override {
    std::lock_guard lock(mutex_);
    if (!status_.has_value()) status_ = std::move(status);
    changed_.notify_all();
  }
  bool cancelled() const override { return false; }

  void Read(OnMessage on_message) override {
    std::optional<std::string> bytes;
    {
      std::lock_guard lock(mutex_);
      if (!messages_.empty()) {
        bytes = messages_.front().SerializeAsString();
        messages_.pop_front();
      }
    }
    on_message(std::move(bytes));
    std::lock_guard lock(mutex_);
    ++read_count_;
    changed_.notify_all();
  }

  // Waits until so many messages were read and given to the handler.
  void AwaitReads(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return read_count_ >= count; });
  }
  absl::Status AwaitEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return status_.has_value(); });
    return *status_;
  }
  std::vector<int64_t> answers() {
    std::lock_guard lock(mutex_);
    return answers_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamImportRowsRequest> messages_;
  size_t read_count_ = 0;
  std::vector<int64_t> answers_;
  std::optional<absl::Status> status_;
};

std::string Start(const SmallKernel& store) {
  operational::v1::ImportProductsRequest request;
  ParseTextOrDie(
      "format: CSV columns { column: 'sku' field: 'sku' } "
      "columns { column: 'name' field: 'display_name' }",
      *request.mutable_plan());
  const auto answer =
      SmallKernel::Serve(store.HandlerOf("ImportProducts"),
                         store.CallOf("ImportProducts", request));
  EXPECT_THAT(answer, IsOk());
  google::longrunning::Operation operation;
  operation.ParseFromString(answer.value_or(""));
  return operation.name();
}

TEST(ImportStream, A10_AStreamThatIsAheadOfItsImportWaitsAndIsNotRead) {
  // Each message takes almost a mebibyte, so that so many may wait.
  constexpr size_t kWaiting = kMaxWaitingBytes / kMaxMessageRowBytes;
  constexpr size_t kMessages = kWaiting + 6;
  const TempFolder folder;
  // The store goes by the time of the machine for deadlines.
  FakeClock clock(absl::Now());
  MetricRegistry metrics;
  SmallKernel store(folder.File("store.db"), clock);
  const std::string name = Start(store);
  std::deque<StreamImportRowsRequest> messages;
  for (size_t i = 0; i < kMessages; ++i) {
    StreamImportRowsRequest& message = messages.emplace_back();
    message.set_name(name);
    message.set_row(static_cast<int64_t>(i) + 1);
    if (i == 0) message.set_columns("sku,name");
    message.add_rows(absl::StrCat("sku-", i, ",",
                                  std::string(kMaxMessageRowBytes - 100, 'x')));
    message.set_last(i + 1 == kMessages);
  }
  const auto call = store.CallOf("StreamImportRows", messages.front());
  messages.pop_front();
  const auto stream = std::make_shared<SentStream>(std::move(messages));
  OperationWaits waits(store.database(), clock,
                       {.check_interval = absl::Milliseconds(1)});

  BindImportStream(store.kernel(), waits).stream(call, stream);
  // The first message came with the call. Whatever was given to the handler has
  // been to the store before what comes after it.
  stream->AwaitReads(kWaiting);
  EXPECT_THAT(
      store.database().WriteAndWait(
          absl::InfiniteFuture(), [](SqlWriter&) { return absl::OkStatus(); }),
      IsOk());
  EXPECT_EQ(stream->answers().size(), kWaiting);

  const OperationKinds kinds = store.application().Operations(store.kernel());
  OperationRunner runner(store.kernel(), kinds, metrics, Patient());
  while (!store.Stored(name).done) {
    ASSERT_THAT(runner.RunOnce(), IsOk());
  }
  EXPECT_THAT(stream->AwaitEnd(), IsOk());
  EXPECT_EQ(stream->answers().size(), kMessages);
  EXPECT_EQ(stream->answers().back(), 0);
  ImportResult result;
  result.ParseFromString(store.Stored(name).record.response());
  EXPECT_EQ(result.row_count(), static_cast<int64_t>(kMessages));
  EXPECT_EQ(result.failed_count(), static_cast<int64_t>(kMessages));
}

}  // namespace
}  // namespace crm
