#include "gateway/http/h2_connection.h"

#include <nghttp2/nghttp2.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/http/h2_callbacks.h"

namespace crm::gateway {

H2Connection::H2Connection(EventLoop& loop, UniqueFd fd,
                           const H2Options& options, Handler& handler,
                           std::unique_ptr<TlsSession> tls)
    : loop_(loop),
      handler_(handler),
      role_(options.role),
      max_header_bytes_(options.max_header_bytes),
      header_timeout_(options.header_timeout),
      stream_(loop, std::move(fd), *this, std::move(tls)),
      session_(H2Callbacks::NewSession(*this), nghttp2_session_del),
      flush_(loop, [this] { Flush(); }) {
  SubmitSettings(options);
}

H2Connection::~H2Connection() = default;

void H2Connection::SubmitSettings(const H2Options& options) {
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kReceiveWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<uint32_t>(options.max_header_bytes)},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
       options.max_concurrent_streams}};
  if (role_ == H2Role::kClient) {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(),
                          settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                        options.connection_window);
}

void H2Connection::Start(absl::string_view first_bytes) {
  stream_.Start();
  if (!first_bytes.empty()) OnBytes(first_bytes);
  ScheduleFlush();
}

void H2Connection::SubmitResponse(int32_t stream, const ResponseHead& head,
                                  SendQueue* body) {
  const std::string status = absl::StrCat(head.status);
  std::vector<nghttp2_nv> fields;
  fields.reserve(head.headers.size() + 1);
  fields.push_back(H2Field(":status", status));
  AppendH2Fields(head.headers, fields);
  nghttp2_data_provider provider = {.source = {.ptr = body},
                                    .read_callback = H2Callbacks::ReadBody};
  nghttp2_submit_response(session_.get(), stream, fields.data(), fields.size(),
                          body == nullptr ? nullptr : &provider);
  ScheduleFlush();
}

int32_t H2Connection::SubmitRequest(const RequestHead& head, SendQueue& body) {
  if (closed_ || nghttp2_session_check_request_allowed(session_.get()) == 0) {
    return -1;
  }
  std::vector<nghttp2_nv> fields;
  fields.reserve(head.headers.size() + 4);
  fields.push_back(H2Field(":method", head.method));
  fields.push_back(H2Field(":scheme", head.scheme));
  if (!head.authority.empty()) {
    fields.push_back(H2Field(":authority", head.authority));
  }
  fields.push_back(H2Field(":path", head.path));
  AppendH2Fields(head.headers, fields);
  const nghttp2_data_provider provider = {
      .source = {.ptr = &body}, .read_callback = H2Callbacks::ReadBody};
  const int32_t stream =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(),
                             fields.size(), &provider, nullptr);
  ScheduleFlush();
  return stream > 0 ? stream : -1;
}

void H2Connection::Wake(int32_t stream, SendQueue& queue) {
  if (queue.starved()) {
    queue.set_starved(false);
    nghttp2_session_resume_data(session_.get(), stream);
  }
  ScheduleFlush();
}

void H2Connection::ResetStream(int32_t stream, uint32_t error_code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream,
                            error_code);
  ScheduleFlush();
}

void H2Connection::ConsumeStream(int32_t stream, size_t bytes) {
  nghttp2_session_consume_stream(session_.get(), stream, bytes);
  ScheduleFlush();
}

void H2Connection::ConsumeConnection(size_t bytes) {
  nghttp2_session_consume_connection(session_.get(), bytes);
  ScheduleFlush();
}

void H2Connection::Ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  ScheduleFlush();
}

void H2Connection::AnnounceGoAway() {
  nghttp2_submit_shutdown_notice(session_.get());
  ScheduleFlush();
}

void H2Connection::GoAway() {
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  ScheduleFlush();
}

void H2Connection::Terminate(uint32_t error_code) {
  nghttp2_session_terminate_session(session_.get(), error_code);
  ScheduleFlush();
}

void H2Connection::Abort() { stream_.Abort(); }

void H2Connection::OnBytes(absl::string_view bytes) {
  received_bytes_ += bytes.size();
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()),
      bytes.size());
  if (taken < 0) {
    // Not HTTP/2, or a flood that nghttp2 noticed.
    stream_.Abort();
    return;
  }
  WatchHeaderBlock();
  if (nghttp2_session_want_write(session_.get()) != 0 ||
      nghttp2_session_want_read(session_.get()) == 0) {
    ScheduleFlush();
  }
}

void H2Connection::WatchHeaderBlock() {
  if (!block_open_) {
    header_timer_.Cancel();
  } else if (!header_timer_.pending()) {
    header_timer_ = loop_.After(header_timeout_, [this] { stream_.Abort(); });
  }
}

void H2Connection::OnDrained() { Flush(); }

void H2Connection::OnClosed(absl::Status why) {
  closed_ = true;
  header_timer_.Cancel();
  handler_.OnConnectionClosed(std::move(why));
}

void H2Connection::Flush() {
  if (closed_) return;
  handler_.OnFlush();
  // OnDrained() comes back here.
  while (stream_.pending() == 0) {
    std::string& out = loop_.write_buffer();
    out.clear();
    const bool more = Serialize(out);
    if (!out.empty()) stream_.Write(out);
    if (!more) break;
  }
  for (const int32_t stream : std::exchange(relieved_, {})) {
    handler_.OnStreamWritable(stream);
  }
  handler_.OnFlushed();
  if (nghttp2_session_want_read(session_.get()) == 0 &&
      nghttp2_session_want_write(session_.get()) == 0) {
    stream_.Finish();
  }
}

bool H2Connection::Serialize(std::string& out) {
  out_ = &out;
  out_full_ = false;
  while (out.size() < kH2FlushBytes) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) {
      stream_.Abort();
      return false;
    }
    // DATA frames went through SendData(), so nothing here is the end, unless
    // SendData() refused because `out` is full.
    if (size == 0) return out_full_;
    out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  return true;
}

}  // namespace crm::gateway
