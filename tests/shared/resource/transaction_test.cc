#include "shared/resource/transaction.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/resource/catalog.h"
#include "shared/resource/standard_fields.h"
#include "shared/resource/timer_table.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/matchers.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

using ::google::protobuf::Message;
using operational::v1::Product;
using ::testing::ElementsAre;

// Passes everything on, but for reads of the row of one name.
class BlindWriter final : public SqlWriter {
 public:
  BlindWriter(SqlWriter& writer, std::string blind)
      : writer_(writer), blind_(std::move(blind)) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    for (const SqlValue& param : params) {
      const auto* text = std::get_if<std::string>(&param);
      if (text != nullptr && *text == blind_) {
        return Unavailable("STORAGE_BUSY", "Another is in the way.");
      }
    }
    return writer_.Query(sql, params);
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    return writer_.Execute(sql, params);
  }

 private:
  SqlWriter& writer_;
  const std::string blind_;
};

// A product is of the category of the product whose name its SKU is.
absl::Status TakeCategory(const Message* /*before*/, Message& after,
                          const RuleContext& context) {
  auto& product = static_cast<Product&>(after);
  const auto* other =
      context.Find<Product>(absl::StrCat("products/", product.sku()));
  product.set_category(other == nullptr ? "none" : other->category());
  return absl::OkStatus();
}

class TransactionTest : public ::testing::Test {
 protected:
  using Body = std::function<void(Transaction&)>;

  TransactionTest() {
    call_.principal.tenant = "acme";
    call_.principal.subject = "user:ada";
    ResourceRules rules;
    rules.prepare = TakeCategory;
    EXPECT_THAT(catalog_.Add(Product::descriptor(), rules), IsOk());
  }

  void Open() {
    auto opened = OpenSqlite({.path = folder_.File("test.db"),
                              .clock = &clock_,
                              .min_free_bytes = 0,
                              .min_free_fraction = 0});
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    SqlSchema schema;
    schema.tables = catalog_.Tables();
    schema.tables.push_back(TimerTable());
    ASSERT_THAT(database_->Migrate(schema).status(), IsOk());
  }

  absl::Status Run(const Body& body, const std::string& blind = "") {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) {
          BlindWriter sometimes_blind(writer, blind);
          Transaction transaction(sometimes_blind, catalog_, call_, ids_,
                                  clock_.Now());
          body(transaction);
          return transaction.status();
        });
  }

  static Product Make(const std::string& id, const std::string& sku) {
    Product product;
    product.set_name(absl::StrCat("products/", id));
    product.set_display_name(id);
    product.set_sku(sku);
    return product;
  }

  ScratchFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  IdMaker ids_{clock_, 1};
  CallContext call_;
  ResourceCatalog catalog_;
  std::unique_ptr<Database> database_;
};

TEST_F(TransactionTest, ARuleSeesWhatIsThereAndWhatIsNot) {
  Open();
  Product bolt = Make("bolt", "nothing");
  ASSERT_THAT(Run([&](Transaction& t) { t.Create(bolt); }), IsOk());
  Product nut = Make("nut", "bolt");
  ASSERT_THAT(Run([&](Transaction& t) { t.Create(nut); }), IsOk());

  EXPECT_EQ(bolt.category(), "none");
  EXPECT_EQ(nut.category(), "none");
}

TEST_F(TransactionTest, AReadThatFailsFailsTheWriteOfARule) {
  Open();
  Product bolt = Make("bolt", "nothing");
  ASSERT_THAT(Run([&](Transaction& t) { t.Create(bolt); }), IsOk());

  Product nut = Make("nut", "bolt");
  EXPECT_THAT(Run([&](Transaction& t) { t.Create(nut); }, "products/bolt"),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_BUSY"));
  Product screw = Make("screw", "nothing");
  EXPECT_THAT(Run([&](Transaction& t) { t.Create(screw); }, "products/nothing"),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_BUSY"));

  // Neither was stored.
  EXPECT_THAT(Run([&](Transaction& t) {
                EXPECT_THAT(t.view().Get<Product>(nut.name()).status(),
                            StatusIs(absl::StatusCode::kNotFound,
                                     "RESOURCE_NOT_FOUND"));
                EXPECT_THAT(t.view().Get<Product>(screw.name()).status(),
                            StatusIs(absl::StatusCode::kNotFound,
                                     "RESOURCE_NOT_FOUND"));
              }),
              IsOk());
}

TEST_F(TransactionTest, TheServiceFollowsEachChangeOnceItIsStored) {
  std::vector<std::string> log;
  catalog_.SetChangeRule([&](Transaction& transaction, const Resource& resource,
                             const Message* before, const Message* after) {
    const Message& shown = after != nullptr ? *after : *before;
    const std::string name = ReadString(shown, "name");
    const auto stored = transaction.view().Find(resource, name);
    EXPECT_THAT(stored, IsOk());
    log.push_back(absl::StrCat(
        name, before == nullptr ? " new" : " old",
        after == nullptr || IsDeleted(*after) ? " gone" : "",
        stored->has_value() ? absl::StrCat(" @", (*stored)->version) : ""));
    return absl::OkStatus();
  });
  Open();
  Product bolt = Make("bolt", "nothing");

  ASSERT_THAT(Run([&](Transaction& t) {
                t.Create(bolt);
                bolt.set_description("In boxes.");
                t.Update(bolt);
                // Differs in nothing.
                t.Update(bolt);
                t.Delete(bolt);
              }),
              IsOk());

  EXPECT_THAT(log, ElementsAre("products/bolt new @1", "products/bolt old @2",
                               "products/bolt old gone @3"));
}

TEST_F(TransactionTest, TheServiceMayRefuseAChangeThatItFollows) {
  catalog_.SetChangeRule([](Transaction&, const Resource&, const Message*,
                            const Message*) {
    return FailedPrecondition("NOT_TODAY", "Nothing is changed today.", "all");
  });
  Open();
  Product bolt = Make("bolt", "nothing");

  EXPECT_THAT(Run([&](Transaction& t) { t.Create(bolt); }),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_TODAY"));
  EXPECT_THAT(Run([&](Transaction& t) {
                EXPECT_THAT(t.view().Get<Product>(bolt.name()).status(),
                            StatusIs(absl::StatusCode::kNotFound,
                                     "RESOURCE_NOT_FOUND"));
              }),
              IsOk());
}

}  // namespace
}  // namespace crm::testing
