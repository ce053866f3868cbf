// Get (AIP-131), List (132) with paging (158), filters (160) and orders, and
// BatchGet (231).

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Not;

// Returns the value of `path` as a filter writes it, or "" if it has none.
std::string LiteralOf(const google::protobuf::Message& message,
                      const std::string& path) {
  const auto found = FindFieldPath(*message.GetDescriptor(), path);
  const SqlValue value = ReadColumn(message, *found);
  if (std::holds_alternative<std::monostate>(value)) return "";
  const auto& field = found->field();
  if (field.enum_type() != nullptr) {
    return field.enum_type()
        ->FindValueByNumber(static_cast<int>(std::get<int64_t>(value)))
        ->name();
  }
  if (field.message_type() != nullptr) {
    return absl::StrCat(
        "\"",
        absl::FormatTime(absl::RFC3339_full,
                         absl::FromUnixMicros(std::get<int64_t>(value)),
                         absl::UTCTimeZone()),
        "\"");
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return text->empty() ? "" : absl::StrCat("\"", *text, "\"");
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (KindOf(field) == ValueKind::kBool) return *number ? "true" : "false";
    return absl::StrCat(*number);
  }
  return "";
}

// Whether `a` is ordered before `b`; no value comes before all values, as in
// the engines. Columns of bytes are not ordered by.
bool Before(const SqlValue& a, const SqlValue& b) {
  if (a.index() != b.index()) return a.index() < b.index();
  if (const auto* text = std::get_if<std::string>(&a)) {
    return *text < std::get<std::string>(b);
  }
  if (const auto* number = std::get_if<int64_t>(&a)) {
    return *number < std::get<int64_t>(b);
  }
  if (const auto* real = std::get_if<double>(&a)) {
    return *real < std::get<double>(b);
  }
  return false;
}

TEST_P(ResourceContract, GetOfAMissingNameSaysSo) {
  CRM_NEEDS(Verb::kGet)
  const std::string missing =
      schema().pattern().Format(parent(), "is-not-there");

  const auto got = api().Get(missing, token());

  EXPECT_THAT(got, StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_EQ(ResourceNameIn(got.status()), missing);
  for (const std::string& name :
       {std::string("things/thing-1"), std::string("leads"),
        absl::StrCat(missing, "/more"), std::string("/")}) {
    EXPECT_THAT(api().Get(name, token()), ViolatesField("name")) << name;
  }
}

TEST_P(ResourceContract, PAIN_12_ListPagesStablyWhileOthersWrite) {
  CRM_NEEDS(Verb::kList)
  const std::vector<std::string> there = NamesOf(ExistingOnes(23));
  std::atomic<bool> done = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (!done && api().Has(Verb::kCreate)) {
      const MessagePtr made = MakeOne();
      if (api().Has(Verb::kDelete)) {
        EXPECT_THAT(
            api()
                .Call(Verb::kDelete,
                      *api().NameRequest(Verb::kDelete, NameOf(*made)), token())
                .status,
            IsOk());
        MakeOne();
      }
      ++written;
    }
  });
  // Reads some rounds, until enough was written meanwhile.
  for (int round = 0; round < 3 || (written < 5 && api().Has(Verb::kCreate));
       ++round) {
    MessagePtr page = api().ListRequest(parent());
    SetNumber(*page, "page_size", 3);
    std::map<std::string, int> seen;
    do {
      const ApiAnswer answer = api().Call(Verb::kList, *page, token());
      ASSERT_THAT(answer.status, IsOk());
      const std::vector<MessagePtr> items = api().Items(*answer.message);
      EXPECT_LE(items.size(), 3u);
      for (const MessagePtr& item : items) ++seen[NameOf(*item)];
      SetText(*page, "page_token",
              ReadString(*answer.message, "next_page_token"));
    } while (!ReadString(*page, "page_token").empty());
    for (const std::string& name : there) {
      EXPECT_EQ(seen[name], 1) << name;
    }
    for (const auto& [name, count] : seen) EXPECT_EQ(count, 1) << name;
  }
  done = true;
  writer.join();
}

// Returns the paths of the columns that hold one value of a resource.
std::vector<std::string> SinglePaths(const ResourceSchema& schema) {
  std::vector<std::string> paths = {"name"};
  for (const ResourceColumn& column : schema.columns()) {
    if (!FindFieldPath(*schema.message(), column.path)->many()) {
      paths.push_back(column.path);
    }
  }
  return paths;
}

TEST_P(ResourceContract, ListFiltersByEachColumn) {
  CRM_NEEDS(Verb::kList)
  const std::vector<MessagePtr> all = ExistingOnes(4);
  ASSERT_THAT(all, Not(IsEmpty()));
  const std::vector<std::string> paths = SinglePaths(schema());

  for (const std::string& path : paths) {
    const std::string literal = LiteralOf(*all[0], path);
    if (literal.empty()) continue;
    std::vector<std::string> expected;
    for (const MessagePtr& item : all) {
      if (LiteralOf(*item, path) == literal) expected.push_back(NameOf(*item));
    }
    std::sort(expected.begin(), expected.end());
    const MessagePtr request = api().ListRequest(parent());
    SetText(*request, "filter", absl::StrCat(path, " = ", literal));
    SetText(*request, "order_by", "name");

    const auto found = api().ListAll(*request, token());

    ASSERT_THAT(found, IsOk()) << path;
    EXPECT_THAT(NamesOf(*found), ElementsAreArray(expected))
        << path << " = " << literal;
  }
}

TEST_P(ResourceContract, ListFiltersByFieldsWithoutColumns) {
  CRM_NEEDS(Verb::kCreate, Verb::kList)
  MakeSome(3);
  const MessagePtr instance = NewInstance();
  const MessagePtr labels = NewMessage(schema().message());
  ParseTextOrDie("labels { key: 'team' value: 'south' }", *labels);
  instance->MergeFrom(*labels);
  const ApiAnswer made = api().Call(
      Verb::kCreate, *api().CreateRequest(*instance, parent()), token());
  ASSERT_THAT(made.status, IsOk());
  const MessagePtr request = api().ListRequest(parent());
  // One at a time, so that pages go on behind what does not match.
  SetNumber(*request, "page_size", 1);
  SetText(*request, "filter",
          absl::StrCat("labels.team = \"south\" AND name = \"",
                       NameOf(*made.message), "\" OR labels.team = \"east\""));

  const auto found = api().ListAll(*request, token());

  ASSERT_THAT(found, IsOk());
  EXPECT_THAT(NamesOf(*found), ElementsAreArray({NameOf(*made.message)}));
}

TEST_P(ResourceContract, ListOrdersByEachColumn) {
  CRM_NEEDS(Verb::kList)
  ExistingOnes(5);
  const std::vector<std::string> paths = SinglePaths(schema());

  for (const std::string& path : paths) {
    for (const bool descending : {false, true}) {
      const MessagePtr request = api().ListRequest(parent());
      SetNumber(*request, "page_size", 2);
      SetText(*request, "order_by",
              absl::StrCat(path, descending ? " desc" : ""));

      const auto listed = api().ListAll(*request, token());

      ASSERT_THAT(listed, IsOk()) << path;
      EXPECT_GE(listed->size(), 5u);
      const auto field = FindFieldPath(*schema().message(), path);
      for (size_t i = 1; i < listed->size(); ++i) {
        const SqlValue a = ReadColumn(*(*listed)[i - 1], *field);
        const SqlValue b = ReadColumn(*(*listed)[i], *field);
        EXPECT_FALSE(descending ? Before(a, b) : Before(b, a))
            << path << " at " << i;
      }
    }
  }
}

TEST_P(ResourceContract, ListNamesAllThatIsWrongWithItsArguments) {
  CRM_NEEDS(Verb::kList)
  const MessagePtr request = api().ListRequest(parent());
  SetNumber(*request, "page_size", -1);
  SetText(*request, "filter", "no_such_field = 1");
  SetText(*request, "order_by", "no_such_field desc");

  const absl::Status status = api().Call(Verb::kList, *request, token()).status;

  EXPECT_THAT(status, ViolatesField("page_size"));
  EXPECT_THAT(status, ViolatesField("filter"));
  EXPECT_THAT(status, ViolatesField("order_by"));
}

TEST_P(ResourceContract, ListTokensServeTheirOwnArgumentsOnly) {
  CRM_NEEDS(Verb::kList)
  ExistingOnes(3);
  const MessagePtr request = api().ListRequest(parent());
  SetNumber(*request, "page_size", 1);
  const ApiAnswer first = api().Call(Verb::kList, *request, token());
  ASSERT_THAT(first.status, IsOk());
  const std::string page_token = ReadString(*first.message, "next_page_token");
  ASSERT_NE(page_token, "");

  const MessagePtr other = Clone(*request);
  SetText(*other, "page_token", page_token);
  SetText(*other, "filter", "name = \"*\"");
  EXPECT_THAT(
      api().Call(Verb::kList, *other, token()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_MISMATCH"));
  const MessagePtr forged = Clone(*request);
  SetText(*forged, "page_token", page_token.substr(0, page_token.size() - 2));
  EXPECT_THAT(
      api().Call(Verb::kList, *forged, token()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  const MessagePtr stolen = Clone(*request);
  SetText(*stolen, "page_token", page_token);
  EXPECT_THAT(
      api().Call(Verb::kList, *stolen, StrangerToken()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_MISMATCH"));
  // Pages of another size go on from the same place.
  const MessagePtr larger = Clone(*stolen);
  SetNumber(*larger, "page_size", 100);
  EXPECT_THAT(api().Call(Verb::kList, *larger, token()).status, IsOk());
}

TEST_P(ResourceContract, ListTakesAWildcardForTheParent) {
  CRM_NEEDS(Verb::kCreate, Verb::kList)
  if (!schema().pattern().nested()) GTEST_SKIP() << "has no parent";
  const MessagePtr one = MakeOne();
  const std::string wildcard =
      absl::StrCat(parent().substr(0, parent().rfind('/')), "/-");

  const auto all = api().ListAll(*api().ListRequest(wildcard), token());

  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(NamesOf(*all), Contains(NameOf(*one)));
  EXPECT_THAT(
      api().Call(Verb::kList, *api().ListRequest("things/-"), token()).status,
      ViolatesField("parent"));
}

TEST_P(ResourceContract, BatchGetAnswersInTheOrderOfTheNames) {
  CRM_NEEDS(Verb::kCreate, Verb::kBatchGet)
  std::vector<std::string> names = NamesOf(MakeSome(3));
  std::swap(names[0], names[2]);
  names.push_back(names[1]);
  const MessagePtr request = api().Request(Verb::kBatchGet);
  WriteString(*request, "parent", parent());
  const auto* field = request->GetDescriptor()->FindFieldByName("names");
  for (const std::string& name : names) {
    request->GetReflection()->AddString(request.get(), field, name);
  }

  const ApiAnswer answer = api().Call(Verb::kBatchGet, *request, token());
  const std::string missing =
      schema().pattern().Format(parent(), "is-not-there");
  request->GetReflection()->AddString(request.get(), field, missing);
  const ApiAnswer one_missing = api().Call(Verb::kBatchGet, *request, token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_THAT(NamesOf(api().Items(*answer.message)), ElementsAreArray(names));
  EXPECT_THAT(one_missing.status,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_EQ(ResourceNameIn(one_missing.status), missing);
}

}  // namespace
}  // namespace crm::testing
