#include "gateway/http/h2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

// What is serialised before it is handed to the socket.
constexpr size_t kFlushBytes = 64 * 1024;

// RFC 9113 counts 32 bytes of overhead a field.
constexpr size_t kFieldOverheadBytes = 32;

absl::string_view View(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

nghttp2_nv Field(absl::string_view name, absl::string_view value) {
  // nghttp2 takes pointers to non-const and copies what they point to.
  auto* name_data =
      const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(name.data()));
  auto* value_data =
      const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(value.data()));
  return {name_data, value_data, name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

void AppendFields(const Headers& headers, std::vector<nghttp2_nv>& fields) {
  for (const Header& header : headers) {
    if (IsConnectionHeader(header.name)) continue;
    fields.push_back(Field(header.name, header.value));
  }
}

struct SessionOptions {
  SessionOptions() { nghttp2_option_new(&option); }
  ~SessionOptions() { nghttp2_option_del(option); }
  nghttp2_option* option = nullptr;
};

}  // namespace

// What nghttp2 calls; `user` is the H2Connection.
struct H2Callbacks {
  static H2Connection& Self(void* user) {
    return *static_cast<H2Connection*>(user);
  }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*,
                            void* user) {
    Self(user).block_ = HeaderBlock();
    Self(user).block_open_ = true;
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*,
                      const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    H2Connection& self = Self(user);
    HeaderBlock& block = self.block_;
    block.bytes += name_size + value_size + kFieldOverheadBytes;
    if (block.bytes > self.max_header_bytes_) {
      block.oversize = true;
      return 0;
    }
    block.fields.push_back({std::string(View(name, name_size)),
                            std::string(View(value, value_size))});
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Connection& self = Self(user);
    const bool end_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        self.block_open_ = false;
        self.handler_.OnHeaders(frame->hd.stream_id, std::move(self.block_),
                                end_stream);
        break;
      case NGHTTP2_DATA:
        if (end_stream) self.handler_.OnEndStream(frame->hd.stream_id);
        break;
      case NGHTTP2_RST_STREAM:
        self.handler_.OnStreamBroken();
        break;
      case NGHTTP2_GOAWAY:
        self.handler_.OnGoaway();
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
          self.handler_.OnPingAnswered();
        }
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int,
                            void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS) Self(user).block_open_ = false;
    // A stream that we have to reset costs as much as one the peer resets.
    Self(user).handler_.OnStreamBroken();
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream,
                    const uint8_t* data, size_t size, void* user) {
    Self(user).handler_.OnData(stream, View(data, size));
    return 0;
  }

  static int OnStreamClose(nghttp2_session*, int32_t stream,
                           uint32_t error_code, void* user) {
    Self(user).handler_.OnStreamClosed(stream, error_code);
    return 0;
  }

  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame,
                         void* user) {
    const bool end_stream =
        (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    // A whole response before the whole request: the rest is not wanted.
    if (end_stream && Self(user).role_ == H2Role::kServer &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) ==
            0) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  // Says how much of the next DATA frame there is; SendData() copies it.
  static ssize_t ReadBody(nghttp2_session* session, int32_t stream, uint8_t*,
                          size_t capacity, uint32_t* flags,
                          nghttp2_data_source* source, void*) {
    auto& queue = *static_cast<SendQueue*>(source->ptr);
    if (queue.size() == 0 && !queue.ended()) {
      queue.set_starved(true);
      return NGHTTP2_ERR_DEFERRED;
    }
    const size_t count = std::min(capacity, queue.size());
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (queue.ended() && count == queue.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!queue.trailers().empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<nghttp2_nv> fields;
        AppendFields(queue.trailers(), fields);
        nghttp2_submit_trailer(session, stream, fields.data(), fields.size());
      }
    }
    return static_cast<ssize_t>(count);
  }

  static int SendData(nghttp2_session*, nghttp2_frame* frame,
                      const uint8_t* frame_header, size_t size,
                      nghttp2_data_source* source, void* user) {
    H2Connection& self = Self(user);
    if (self.out_->size() >= kFlushBytes) {
      self.out_full_ = true;
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    constexpr size_t kFrameHeaderBytes = 9;
    self.out_->append(reinterpret_cast<const char*>(frame_header),
                      kFrameHeaderBytes);
    auto& queue = *static_cast<SendQueue*>(source->ptr);
    queue.MoveTo(*self.out_, size);
    if (queue.TakeRelief()) self.relieved_.push_back(frame->hd.stream_id);
    return 0;
  }

  static nghttp2_session* NewSession(H2Connection& self) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        callbacks, OnInvalidFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           OnStreamClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
                                                         OnFrameSent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, SendData);
    SessionOptions options;
    nghttp2_option_set_no_auto_window_update(options.option, 1);
    nghttp2_option_set_no_closed_streams(options.option, 1);
    nghttp2_session* session = nullptr;
    if (self.role_ == H2Role::kServer) {
      nghttp2_session_server_new2(&session, callbacks, &self, options.option);
    } else {
      nghttp2_session_client_new2(&session, callbacks, &self, options.option);
    }
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

H2Connection::H2Connection(EventLoop& loop, UniqueFd fd,
                           const H2Options& options, Handler& handler)
    : loop_(loop),
      handler_(handler),
      role_(options.role),
      max_header_bytes_(options.max_header_bytes),
      header_timeout_(options.header_timeout),
      stream_(loop, std::move(fd), *this),
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
  fields.push_back(Field(":status", status));
  AppendFields(head.headers, fields);
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
  fields.push_back(Field(":method", head.method));
  fields.push_back(Field(":scheme", head.scheme));
  if (!head.authority.empty()) {
    fields.push_back(Field(":authority", head.authority));
  }
  fields.push_back(Field(":path", head.path));
  AppendFields(head.headers, fields);
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
  while (out.size() < kFlushBytes) {
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
