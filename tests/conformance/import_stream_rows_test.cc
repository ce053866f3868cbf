// Rows of the capability list on imports that are fed row by row, as callers of
// the operational service see them.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportFailure;
using ::crm::platform::v1::ImportResult;
using ::crm::platform::v1::RevertImportResult;
using ::crm::platform::v1::StreamImportRowsRequest;
using ::crm::platform::v1::StreamImportRowsResponse;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kMethod[] = "crm.platform.v1.ImportService.StreamImportRows";
constexpr char kColumns[] = "First,Last,Mail";

class StreamedRows : public ImportRows {
 protected:
  std::string Start(absl::string_view plan = kContactPlan) {
    const auto started = StartAs<v1::ImportContactsRequest>(
        boss_, "ContactBulkService.ImportContacts", plan);
    EXPECT_THAT(started, IsOk());
    return started.ok() ? started->name() : "";
  }

  // The rows from number `row` on.
  static StreamImportRowsRequest Message(const std::string& name, int64_t row,
                                         const std::vector<std::string>& rows,
                                         bool last = false) {
    StreamImportRowsRequest request;
    request.set_name(name);
    request.set_row(row);
    for (const std::string& text : rows) request.add_rows(text);
    if (row == 1) request.set_columns(kColumns);
    request.set_last(last);
    return request;
  }

  std::unique_ptr<ApiStream> Open(const StreamImportRowsRequest& first,
                                  const std::string& token) {
    return service_.client().OpenDuplex(kMethod, first, {.token = token});
  }

  // Returns the number of the row that comes next, as the stream says; -1 at
  // its end.
  static int64_t NextRow(ApiStream& stream) {
    const auto message = stream.Next();
    return message == nullptr
               ? -1
               : static_cast<const StreamImportRowsResponse&>(*message)
                     .next_row();
  }

  // Sends one message on a stream of its own, and returns the answer.
  absl::StatusOr<int64_t> SendAlone(const StreamImportRowsRequest& message) {
    const auto answer = Call<StreamImportRowsResponse>(kMethod, message);
    CRM_RETURN_IF_ERROR(answer.status());
    return answer->next_row();
  }
};

TEST_F(StreamedRows, A10_EachMessageIsAnsweredOnceItsRowsAreStored) {
  const std::string name = Start();
  const auto stream =
      Open(Message(name, 1, {"Ada,Lovelace,ada@example.org"}), boss_);

  EXPECT_EQ(NextRow(*stream), 2);
  EXPECT_TRUE(stream->Send(
      Message(name, 2,
              {"Bob,Miller,no mail", "one", "\"Grace\nB.\",\"Hop\"\"per\","})));
  EXPECT_EQ(NextRow(*stream), 5);
  EXPECT_TRUE(stream->Send(Message(name, 5, {"Alan,Turing,"}, true)));
  EXPECT_EQ(NextRow(*stream), 0);
  stream->EndSending();
  EXPECT_THAT(stream->Finish(), IsOk());

  EXPECT_THAT(ResultOf<ImportResult>(Await(name)),
              EqualsProto("state: SUCCEEDED row_count: 5 created_count: 3 "
                          "failed_count: 2"));
  EXPECT_THAT(ContactNames(),
              ElementsAre("Ada Lovelace", "Alan Turing", "Grace\nB. Hop\"per"));
  const std::vector<ImportFailure> failures = Failures(name);
  ASSERT_THAT(failures, SizeIs(2));
  EXPECT_EQ(failures[0].row(), 2);
  EXPECT_EQ(failures[0].content(), "Bob,Miller,no mail\n");
  EXPECT_EQ(failures[1].row(), 3);
  EXPECT_EQ(failures[1].reason(), "MALFORMED_ROW");
}

TEST_F(StreamedRows, A10_AnotherStreamGoesOnFromTheRowThatComesNext) {
  const std::string name = Start();
  {
    const auto lost = Open(Message(name, 1, {"Ada,L,", "Bob,M,"}), boss_);
    EXPECT_EQ(NextRow(*lost), 3);
    lost->Cancel();
  }
  service_.Restart();

  // Who knows nothing asks; who sends rows again does them once.
  const auto stream = Open(Message(name, 0, {}), boss_);
  EXPECT_EQ(NextRow(*stream), 3);
  EXPECT_TRUE(stream->Send(Message(name, 2, {"Bob,M,", "Eve,N,"})));
  EXPECT_EQ(NextRow(*stream), 4);
  EXPECT_TRUE(stream->Send(Message(name, 1, {"Ada,L,"})));
  EXPECT_EQ(NextRow(*stream), 4);
  EXPECT_TRUE(stream->Send(Message(name, 3, {"Eve,N,"})));
  EXPECT_EQ(NextRow(*stream), 4);
  EXPECT_TRUE(stream->Send(Message(name, 4, {}, true)));
  EXPECT_EQ(NextRow(*stream), 0);
  stream->EndSending();
  EXPECT_THAT(stream->Finish(), IsOk());

  EXPECT_EQ(ResultOf<ImportResult>(Await(name)).created_count(), 3);
  // What came is answered as it was, however long ago the import ended.
  EXPECT_THAT(SendAlone(Message(name, 3, {"Eve,N,"}, true)), IsOkAndHolds(0));
  EXPECT_THAT(ContactNames(), ElementsAre("Ada L", "Bob M", "Eve N"));
}

TEST_F(StreamedRows, A10_WhatCannotBeNextEndsTheStreamAndKeepsTheRows) {
  const std::string name = Start();
  EXPECT_THAT(
      SendAlone(Message(name, 2, {"Bob,M,"})),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_ROW_MISSING"));
  StreamImportRowsRequest nameless = Message(name, 1, {"Ada,L,"});
  nameless.clear_columns();
  EXPECT_EQ(SendAlone(nameless).status().code(),
            absl::StatusCode::kInvalidArgument);
  const auto stream = Open(Message(name, 1, {"Ada,L,"}), boss_);
  EXPECT_EQ(NextRow(*stream), 2);

  // Two rows, a part of one, and none.
  EXPECT_TRUE(stream->Send(
      Message(name, 2, {"Bob,M,\nEve,N,", "Bob,\"M", " ", "Eve,N,"})));

  const absl::Status status = stream->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("rows[0]", "rows[1]", "rows[2]"));
  EXPECT_THAT(SendAlone(Message(name, 2, {}, true)), IsOkAndHolds(0));
  EXPECT_THAT(
      SendAlone(Message(name, 2, {"Bob,M,"})),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_INPUT_ENDED"));
  EXPECT_EQ(ResultOf<ImportResult>(Await(name)).created_count(), 1);
}

TEST_F(StreamedRows, A10_AnImportIsFedInOneWay) {
  const std::string streamed = Start();
  EXPECT_THAT(SendAlone(Message(streamed, 1, {"Ada,L,"})), IsOkAndHolds(2));
  EXPECT_THAT(
      Add(streamed, 2, "Bob,M,\n"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_FED_OTHERWISE"));
  const std::string in_parts = Start();
  EXPECT_THAT(Add(in_parts, 1, "First,Last\nAda,L\n"), IsOk());
  EXPECT_THAT(
      SendAlone(Message(in_parts, 2, {"Bob,M"})),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_FED_OTHERWISE"));
}

TEST_F(StreamedRows, A10_OnlyWhoStartedItFeedsIt) {
  const std::string name = Start();
  const std::vector<std::string> tokens = {
      authority_.Token("acme", "user:eve", {"tenant_admin"}),
      authority_.Token("umbra", "user:boss", {"tenant_admin"})};
  for (const std::string& token : tokens) {
    EXPECT_THAT(Open(Message(name, 1, {"Ada,L,"}), token)->Finish(),
                StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  }
  const std::string reader =
      authority_.Token("acme", "user:boss", {"read_only"});
  EXPECT_THAT(
      Open(Message(name, 1, {"Ada,L,"}), reader)->Finish(),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  // Later messages are checked as the first one is.
  const auto stream = Open(Message(name, 0, {}), boss_);
  EXPECT_EQ(NextRow(*stream), 1);
  EXPECT_TRUE(stream->Send(Message("", 1, {"Ada,L,"})));
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(StreamedRows, A11_ADryRunOfAStreamStoresNothing) {
  const std::string name = Start(absl::StrCat(kContactPlan, " dry_run: true"));
  EXPECT_THAT(SendAlone(Message(name, 1, {"Ada,L,", "Bob,M,no mail"}, true)),
              IsOkAndHolds(0));

  EXPECT_THAT(ResultOf<ImportResult>(Await(name)),
              EqualsProto("state: SUCCEEDED row_count: 2 created_count: 1 "
                          "failed_count: 1"));
  EXPECT_THAT(Failures(name), SizeIs(1));
  EXPECT_THAT(Contacts(), IsEmpty());
}

TEST_F(StreamedRows, A12_AStreamedImportIsTakenBack) {
  const std::string name =
      Start("format: NDJSON columns { column: 'who' field: 'display_name' }");
  EXPECT_THAT(SendAlone(Message(name, 1, {R"({"who":"Ada"})"})),
              IsOkAndHolds(2));
  EXPECT_THAT(SendAlone(Message(name, 2, {"{\"who\":\n\"Bob\"}"})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(SendAlone(Message(name, 2, {R"({"who":"Bob"})"}, true)),
              IsOkAndHolds(0));
  EXPECT_EQ(ResultOf<ImportResult>(Await(name)).created_count(), 2);

  const auto reverted = Revert(name);
  ASSERT_THAT(reverted, IsOk());
  // Each contact, and the customer that was made for it.
  EXPECT_EQ(
      ResultOf<RevertImportResult>(Await(reverted->name())).deleted_count(), 4);
  EXPECT_THAT(Contacts(), IsEmpty());
}

}  // namespace
}  // namespace crm::testing
