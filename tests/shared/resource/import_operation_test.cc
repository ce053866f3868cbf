#include "shared/resource/import_operation.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/resource/operation_runner.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/doomed_worker.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::platform::v1::AddImportRowsRequest;
using ::crm::platform::v1::ImportResult;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::KillWorkers;
using ::crm::testing::ParseTextOrDie;
using ::crm::testing::Patient;
using ::crm::testing::SmallKernel;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::testing::SizeIs;

constexpr char kPlan[] = R"(
    format: CSV
    columns { column: 'sku' field: 'sku' }
    columns { column: 'name' field: 'display_name' })";

// Starts an import of products and returns its name.
std::string Start(const SmallKernel& store) {
  operational::v1::ImportProductsRequest request;
  ParseTextOrDie(kPlan, *request.mutable_plan());
  const auto answer =
      SmallKernel::Serve(store.HandlerOf("ImportProducts"),
                         store.CallOf("ImportProducts", request));
  EXPECT_THAT(answer, IsOk());
  google::longrunning::Operation operation;
  operation.ParseFromString(answer.value_or(""));
  return operation.name();
}

absl::Status Add(const SmallKernel& store, const std::string& name,
                 int64_t part, const std::string& content, bool last) {
  AddImportRowsRequest request;
  request.set_name(name);
  request.set_part(part);
  request.set_content(content);
  request.set_last(last);
  return SmallKernel::Serve(store.HandlerOf("AddImportRows"),
                            store.CallOf("AddImportRows", request))
      .status();
}

// Returns rows for products `first` to `last`; every twentieth has no name.
std::string RowsOf(int first, int last) {
  std::string rows;
  for (int i = first; i < last; ++i) {
    absl::StrAppend(&rows, "sku-", i, ",", i % 20 == 0 ? "" : "Anvil", "\n");
  }
  return rows;
}

ImportResult ResultOf(SmallKernel& store, const std::string& name) {
  ImportResult result;
  result.ParseFromString(store.Stored(name).record.response());
  return result;
}

class ImportOperationTest : public ::testing::Test {
 protected:
  TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  MetricRegistry metrics_;
};

TEST_F(ImportOperationTest, A10_KilledAnywhereItDoesEachRowOnce) {
  constexpr int kRows = 3'000;
  const std::string path = folder_.File("killed.db");
  std::string name;
  {
    SmallKernel store(path, clock_);
    name = Start(store);
    ASSERT_THAT(Add(store, name, 1, "sku,name\n" + RowsOf(0, kRows), true),
                IsOk());
  }
  KillWorkers(path, clock_, {{0, true}, {0, false}, {1, true}});

  SmallKernel store(path, clock_);
  ASSERT_FALSE(store.Stored(name).done);
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics_, Patient());
  while (!store.Stored(name).done) ASSERT_THAT(runner.RunOnce(), IsOk());

  const int good = kRows - kRows / 20;
  EXPECT_THAT(store.Products(), SizeIs(good));
  EXPECT_EQ(store.EventCount(), good);
  EXPECT_THAT(ResultOf(store, name),
              EqualsProto(absl::StrCat("state: SUCCEEDED row_count: ", kRows,
                                       " created_count: ", good,
                                       " failed_count: ", kRows - good)));
}

TEST_F(ImportOperationTest, A10_WaitsForRowsWithoutAWorkerAndThenGoesOn) {
  SmallKernel store(folder_.File("waits.db"), clock_);
  const std::string name = Start(store);
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics_, Patient());

  ASSERT_THAT(runner.RunOnce(), IsOkAndHolds(true));
  ASSERT_THAT(runner.RunOnce(), IsOkAndHolds(false));
  ASSERT_THAT(Add(store, name, 1, "sku,name\nA,Anvil\nB,Be", false), IsOk());
  ASSERT_THAT(runner.RunOnce(), IsOkAndHolds(true));
  EXPECT_THAT(store.Products(), SizeIs(1));
  ASSERT_THAT(runner.RunOnce(), IsOkAndHolds(false));
  ASSERT_THAT(Add(store, name, 2, "ll\n", true), IsOk());
  ASSERT_THAT(runner.RunOnce(), IsOkAndHolds(true));

  EXPECT_TRUE(store.Stored(name).done);
  EXPECT_THAT(store.Products(), SizeIs(2));
}

TEST_F(ImportOperationTest, A10_AnImportThatNobodyFeedsEnds) {
  SmallKernel store(folder_.File("abandoned.db"), clock_);
  const std::string name = Start(store);
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics_, Patient());

  ASSERT_THAT(runner.RunOnce(), IsOk());
  clock_.Advance(kLongestInputWait);
  ASSERT_THAT(runner.RunOnce(), IsOk());
  EXPECT_FALSE(store.Stored(name).done);
  clock_.Advance(absl::Minutes(1));
  ASSERT_THAT(runner.RunOnce(), IsOk());

  EXPECT_TRUE(store.Stored(name).done);
  EXPECT_THAT(
      FromRpcStatus(store.Stored(name).record.error()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_ABANDONED"));
}

TEST_F(ImportOperationTest, A10_ARowWithoutAnEndEndsTheImport) {
  SmallKernel store(folder_.File("endless.db"), clock_);
  const std::string name = Start(store);
  ASSERT_THAT(Add(store, name, 1, "sku,name\nA,\"", false), IsOk());
  ASSERT_THAT(Add(store, name, 2, std::string(kMaxRowBytes, 'x'), false),
              IsOk());
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics_, Patient());

  ASSERT_THAT(runner.RunOnce(), IsOk());

  EXPECT_THAT(
      FromRpcStatus(store.Stored(name).record.error()),
      StatusIs(absl::StatusCode::kInvalidArgument, "IMPORT_ROW_TOO_LARGE"));
}

// Bytes of this process that are no files.
int64_t AnonymousBytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    int64_t kilobytes = 0;
    if (words.size() > 1 && words[0] == "RssAnon" &&
        absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes << 10;
    }
  }
  return 0;
}

TEST_F(ImportOperationTest, A10_MemoryDoesNotGrowWithTheRows) {
  // CRM_IMPORT_ROWS asks for more rows, as 5000000.
  constexpr int kRowsOfPart = 4'000;
  // The store's own cache fills first; after that nothing grows.
  constexpr int64_t kMaxGrowth = int64_t{64} << 20;
  const char* asked = std::getenv("CRM_IMPORT_ROWS");
  int rows = 5 * kRowsOfPart;
  if (asked != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(asked, &rows));
  }
  SmallKernel store(folder_.File("many.db"), clock_);
  const std::string name = Start(store);
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics_, Patient());
  ASSERT_THAT(Add(store, name, 1, "sku,name\n", false), IsOk());
  int64_t warm = 0;
  int64_t part = 1;
  for (int first = 0; first < rows; first += kRowsOfPart) {
    const int last = std::min(first + kRowsOfPart, rows);
    ASSERT_THAT(Add(store, name, ++part, RowsOf(first, last), last == rows),
                IsOk());
    ASSERT_THAT(runner.RunOnce(), IsOk());
    if (part == 3) warm = AnonymousBytes();
  }

  EXPECT_LT(AnonymousBytes() - warm, kMaxGrowth);
  EXPECT_TRUE(store.Stored(name).done);
  EXPECT_EQ(ResultOf(store, name).row_count(), rows);
}

}  // namespace
}  // namespace crm
