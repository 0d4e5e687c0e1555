// The outgoing client: one thread runs libcurl's multi interface; coroutines hand it transfers and
// are resumed on their own loop.
#include "net/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <coroutine>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::net {
namespace {

constexpr int kPollMs = 1'000;
constexpr std::size_t kIdleHandles = 64;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One request on its way. Written by the curl thread, read by the coroutine once it is resumed.
struct Transfer {
  std::string url;
  std::string method;
  std::string body;
  std::unique_ptr<curl_slist, ListFree> headers;
  std::size_t response_bytes_max = 0;
  bool too_large = false;
  std::string response_body;
  char error_text[CURL_ERROR_SIZE] = {};
  Result<Response> result = fail(ErrorKind::kUnavailable, "the client is closing");
  Response response;
  Executor* home = nullptr;
  std::coroutine_handle<> handle;
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.response_body.size() + size > transfer.response_bytes_max) {
    transfer.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.response_body.append(data, size);
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    transfer.response.headers = Headers();  // After 100 Continue comes the real one.
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return size;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  transfer.response.headers.add(line.substr(0, colon), std::string(value));
  return size;
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(ClientOptions options) : options_(options) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(initialised);
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.connections_per_host_max));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(options_.connections_per_host_max * 4));
    thread_ = std::thread([this] { run(); });
  }
  ~CurlClient() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi_);
  }

  Task<Result<Response>> send(std::string base, Request request) override;

 private:
  struct Waiting;
  Result<std::shared_ptr<Transfer>> prepare(std::string base, Request request) const;
  // False: not taken, transfer->result says why.
  bool submit(const std::shared_ptr<Transfer>& transfer);
  void run();
  void take_submitted();
  void begin(std::shared_ptr<Transfer> transfer);
  void set_options(CURL* handle, Transfer& transfer) const;
  void reap();
  void finish(CURL* handle, CURLcode code);
  void fail_all();

  const ClientOptions options_;
  CURLM* multi_ = nullptr;
  std::thread thread_;
  std::mutex mutex_;
  bool stopping_ = false;                                         // Guarded by mutex_.
  std::vector<std::shared_ptr<Transfer>> submitted_;              // Guarded by mutex_.
  std::size_t in_flight_ = 0;                                     // Guarded by mutex_.
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> running_;  // Of the thread.
  std::vector<CURL*> idle_;                                       // Of the thread.
};

// Everything it needs after the suspension is its own: the client may be gone by then.
struct CurlClient::Waiting {
  CurlClient& client;
  std::shared_ptr<Transfer> transfer;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) const {
    const auto kept = transfer;  // This frame may be gone as soon as it is submitted.
    kept->home = &Executor::current();
    kept->handle = handle;
    return client.submit(kept);
  }
  Result<Response> await_resume() const { return std::move(transfer->result); }
};

Task<Result<Response>> CurlClient::send(std::string base, Request request) {
  if (!request.body.in_memory()) {
    CO_TRY(std::string bytes, co_await request.body.collect(options_.response_bytes_max));
    request.body = Body(std::move(bytes));
  }
  CO_TRY(auto transfer, prepare(std::move(base), std::move(request)));
  Waiting waiting{*this, std::move(transfer)};
  co_return co_await waiting;
}

Result<std::shared_ptr<Transfer>> CurlClient::prepare(std::string base, Request request) const {
  auto transfer = std::make_shared<Transfer>();
  if (!request.target.starts_with('/') || breaks_line(request.target) || breaks_line(base) ||
      breaks_line(request.method) || request.method.empty()) {
    return fail(ErrorKind::kInvalid, "not a request that can be sent: " + request.target);
  }
  while (base.ends_with('/')) base.pop_back();
  transfer->url = std::move(base) + request.target;
  transfer->method = std::move(request.method);
  transfer->body = request.body.take_bytes();
  transfer->response_bytes_max = options_.response_bytes_max;
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) {
    list = curl_slist_append(list, line.c_str());
  };
  // libcurl adds these unless told otherwise; nobody signed them.
  for (const char* name : {"Accept", "Content-Type", "Expect", "User-Agent"}) {
    if (!request.headers.has(to_lower(name))) add(std::string(name) + ":");
  }
  bool bad = false;
  for (const auto& [name, value] : request.headers.fields()) {
    if (name == "content-length" || name == "transfer-encoding" || name.starts_with(':')) continue;
    bad = bad || name.empty() || breaks_line(name) || breaks_line(value);
    // A blank value has to be said with a semicolon.
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  transfer->headers.reset(list);
  if (bad) return fail(ErrorKind::kInvalid, "a header of the request contains a line break");
  return transfer;
}

bool CurlClient::submit(const std::shared_ptr<Transfer>& transfer) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    if (in_flight_ >= limits::kClientQueuedRequests) {
      transfer->result = fail(ErrorKind::kLimit, "too many requests are waiting to be sent");
      return false;
    }
    ++in_flight_;
    submitted_.push_back(transfer);
    // Under the lock: afterwards the client may be closing already.
    curl_multi_wakeup(multi_);
  }
  return true;
}

void CurlClient::run() {
  while (true) {
    take_submitted();
    int active = 0;
    curl_multi_perform(multi_, &active);
    reap();
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) break;
      if (!submitted_.empty()) continue;
    }
    curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
  }
  fail_all();
}

void CurlClient::take_submitted() {
  std::vector<std::shared_ptr<Transfer>> taken;
  {
    const std::scoped_lock lock(mutex_);
    taken.swap(submitted_);
  }
  for (auto& transfer : taken) begin(std::move(transfer));
}

void CurlClient::begin(std::shared_ptr<Transfer> transfer) {
  CURL* handle = nullptr;
  if (!idle_.empty()) {
    handle = idle_.back();
    idle_.pop_back();
  } else {
    handle = curl_easy_init();
  }
  set_options(handle, *transfer);
  running_.emplace(handle, std::move(transfer));
  if (curl_multi_add_handle(multi_, handle) != CURLM_OK) finish(handle, CURLE_FAILED_INIT);
}

void CurlClient::set_options(CURL* handle, Transfer& transfer) const {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // The path is signed as it is.
  curl_easy_setopt(handle, CURLOPT_URL, transfer.url.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout_ms));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_timeout_ms));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer.error_text);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  if (transfer.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (transfer.body.empty() && (transfer.method == "GET" || transfer.method == "DELETE")) {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, transfer.body.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, transfer.method.c_str());
}

void CurlClient::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;  // The message dies with the removal.
    finish(handle, code);
  }
}

void CurlClient::finish(CURL* handle, CURLcode code) {
  const auto node = running_.extract(handle);
  const std::shared_ptr<Transfer> transfer = std::move(node.mapped());
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(multi_, handle);
  curl_easy_reset(handle);
  if (idle_.size() < kIdleHandles) {
    idle_.push_back(handle);
  } else {
    curl_easy_cleanup(handle);
  }
  if (transfer->too_large) {
    transfer->result = fail(ErrorKind::kLimit, fmt::format("the response is larger than {} bytes",
                                                           transfer->response_bytes_max));
  } else if (code != CURLE_OK) {
    transfer->result = fail(ErrorKind::kUnavailable,
                            fmt::format("{}: {}", transfer->url,
                                        transfer->error_text[0] != 0 ? transfer->error_text
                                                                     : curl_easy_strerror(code)));
  } else {
    transfer->response.status = static_cast<int>(status);
    transfer->response.body = Body(std::move(transfer->response_body));
    transfer->result = std::move(transfer->response);
  }
  {
    const std::scoped_lock lock(mutex_);
    --in_flight_;
  }
  transfer->home->resume(transfer->handle);
}

void CurlClient::fail_all() {
  while (!running_.empty()) {
    CURL* const handle = running_.begin()->first;
    const auto node = running_.extract(handle);
    curl_multi_remove_handle(multi_, handle);
    curl_easy_cleanup(handle);
    node.mapped()->home->resume(node.mapped()->handle);
  }
  std::vector<std::shared_ptr<Transfer>> unsent;
  {
    const std::scoped_lock lock(mutex_);
    unsent.swap(submitted_);
  }
  for (const auto& transfer : unsent) transfer->home->resume(transfer->handle);
}

}  // namespace

std::unique_ptr<HttpClient> HttpClient::make(Runtime&, ClientOptions options) {
  return std::make_unique<CurlClient>(options);
}

}  // namespace penstock::net
