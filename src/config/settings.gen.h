/* Made by scripts/generate from api/settings.json; do not edit. */
#ifndef HEARTH_CONFIG_SETTINGS_GEN_H
#define HEARTH_CONFIG_SETTINGS_GEN_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
/* Texts are never NULL; sizes are bytes, durations milliseconds. */
struct hearth_settings {
    /* folder that holds the database, the models, logs and run-time files */
    const char *home;
    /* path of hearth.yml; the default is the one in the current folder, else the one in the home */
    const char *config;
    /* address of the server that a command talks to; the default is the server that runs on this home */
    const char *url;
    /* address to listen on: an IPv4 or IPv6 address, or localhost for both loopback addresses; any other than a loopback address needs api_key or insecure */
    const char *host;
    /* TCP port to listen on; 0 takes a free one */
    int64_t port;
    /* path of a Unix socket to listen on too */
    const char *unix_socket;
    /* key that clients must send (Authorization: Bearer KEY, or x-api-key: KEY) */
    const char *api_key;
    /* listen on other than loopback addresses without a key */
    bool insecure;
    /* ends with NULL: names that the Host header of a request may carry, besides IP addresses, localhost and *.localhost */
    const char *const *allowed_hosts;
    /* ends with NULL: origins that pages may call from; `local` is any page of this machine (localhost, a loopback address, any port) and the web views of installed apps, * is any */
    const char *const *cors_origins;
    /* PEM file with the certificate chain; turns TLS on */
    const char *tls_certificate;
    /* PEM file with the private key */
    const char *tls_key;
    /* the least important level that is logged */
    const char *log_level;
    /* log each request at level info rather than debug */
    bool access_log;
    /* bytes: greatest size of the request line and the header fields together */
    uint64_t header_bytes_max;
    /* greatest number of header fields of a request */
    int64_t header_count_max;
    /* bytes: body of a request; parsed, it may take ten times as much memory (at least 16 MiB), and all bodies at once four times that */
    uint64_t body_bytes_max;
    /* greatest number of connections at once */
    int64_t connections_max;
    /* greatest number of connections at once from one address; 0 sets no limit */
    int64_t connections_per_address_max;
    /* greatest number of HTTP/2 streams at once in a connection */
    int64_t streams_max;
    /* milliseconds: time for a client to send the whole head of a request, and each 1 KiB of a body */
    uint64_t header_timeout;
    /* milliseconds: how long a connection without a request is kept open */
    uint64_t idle_timeout;
    /* milliseconds: how long a client may read nothing of what waits for it before it is disconnected */
    uint64_t write_timeout;
    /* bytes: bytes that may wait for one connection before its producer pauses, and before its next request is begun */
    uint64_t write_buffer_max;
    /* bytes: bytes that may wait for all connections together, where a request in progress counts as 16 KiB; near it, clients that take less than 16 KiB of their answers in a second are closed, and over it requests are 503 */
    uint64_t connection_buffers_max;
    /* compress answers for clients that accept it */
    bool gzip;
    /* milliseconds: how long running requests may go on after SIGTERM */
    uint64_t drain_timeout;
    /* milliseconds: how long answers of /v1/responses are kept for previous_response_id and GET; 0 keeps none */
    uint64_t responses_keep;
    /* answers of /v1/responses that are kept at once; the oldest go first */
    int64_t responses_max;
    /* bytes: bytes of answers of /v1/responses, with what they answer, that are kept at once */
    uint64_t responses_bytes_max;
    /* milliseconds: longest time for one inference request; 0 sets no limit */
    uint64_t request_timeout;
    /* model of a request that names none, where it can do what is asked; without it the only model that can */
    const char *default_model;
    /* keys in the bodies of other servers' APIs (/v1 and the like) that Hearth does not know: accept passes them over and names them in the header Hearth-Ignored and in the log; refuse answers 400 */
    const char *unknown_fields;
    /* tokens for each sequence; 0: the smaller of the model's own and 4,096 */
    int64_t context;
    /* sequences that a model computes at once; 0: the engine's own number (llama 4, encoder 64 or more) */
    int64_t slots;
    /* most tokens in one step; 0: the engine's own number (llama 512, encoder 256 for each thread, at least 512) */
    int64_t batch;
    /* threads that each worker computes with; 0: one for each core, shared among a model's replicas */
    int64_t threads;
    /* what becomes of a conversation that does not fit into the context: it is refused, or its oldest turns are left out, whole ones, never the system's nor the last; the header Hearth-Dropped-Turns of the answer says how many */
    const char *context_end;
    /* milliseconds: longest gap between two tokens of an answer that the prompts of others may make: beside what decodes, prompts are computed in pieces that take no longer (at least 16 tokens, and half as long as decoding itself takes); 0: 100ms */
    uint64_t gap_max;
    /* workers that compute a model side by side */
    int64_t replicas;
    /* cores of a model's workers: auto (each of several has its own, by NUMA node), off, or lists such as 0-3;4-7 */
    const char *affinity;
    /* requests that may wait for one model; texts of lists take at most half of it, and one place for each list */
    int64_t queue_max;
    /* estimated tokens that may wait for one model; 0 is no limit */
    int64_t queue_tokens_max;
    /* requests that may wait for all models together; 0 is no limit */
    int64_t queue_total_max;
    /* estimated tokens that may wait for all models together; 0 is no limit */
    int64_t queue_total_tokens_max;
    /* bytes: memory for vectors of texts that may come again; 0 keeps none */
    uint64_t embedding_cache_bytes;
    /* bytes: bytes on disk, for each model, where what was computed of prompts is kept over an unloading, a restart and a crash; a model with replicas keeps none there; 0 keeps nothing: such files hold what people wrote, in a form that can be read back */
    uint64_t prefix_disk;
    /* when several requests ask for the same text at the same time, compute it once */
    bool embedding_dedup;
    /* asynchronous requests that are kept, waiting, running or over */
    int64_t async_requests_max;
    /* bytes: bytes of the bodies and answers of asynchronous requests that are kept */
    uint64_t async_bytes_max;
    /* asynchronous requests that run at once */
    int64_t async_parallel;
    /* class of asynchronous requests in the queues of models */
    const char *async_class;
    /* milliseconds: how long an asynchronous request is kept after its end */
    uint64_t async_keep;
    /* milliseconds: how long an answer is kept for requests with the same Idempotency-Key */
    uint64_t idempotency_keep;
    /* answers that are kept for requests with an Idempotency-Key */
    int64_t idempotency_keys_max;
    /* bytes: bytes of answers that are kept for requests with an Idempotency-Key */
    uint64_t idempotency_bytes_max;
    /* secret that callbacks are signed with; without it there are none */
    const char *callback_secret;
    /* ends with NULL: hosts that callbacks may go to, besides this machine */
    const char *const *callback_hosts;
    /* hosts of callback_hosts may have private addresses */
    bool callback_private;
    /* how often a callback that failed is tried again */
    int64_t callback_retries;
    /* bytes: size of a file that is uploaded */
    uint64_t file_bytes_max;
    /* bytes: size of all uploaded files and results of batches together; of all data sets that were uploaded as such it is the same again */
    uint64_t files_bytes_max;
    /* uploaded files and results of batches that are kept */
    int64_t files_max;
    /* absolute, ends with NULL: folders that training data may be registered from by its path; without it datasets/ in the home */
    const char *const *dataset_roots;
    /* data sets that are registered */
    int64_t datasets_max;
    /* batches that are kept */
    int64_t batches_max;
    /* requests of one batch */
    int64_t batch_lines_max;
    /* requests of batches that run at once; fewer than a model has slots, so that one is free for who waits */
    int64_t batch_parallel;
    /* milliseconds: longest time for loading a model */
    uint64_t load_timeout;
    /* milliseconds: end a worker that has been silent for this long */
    uint64_t heartbeat_timeout;
    /* milliseconds: a loaded model that nobody has used for this long computes a tiny inference, again and again, which shows whether it works; after two in a row that fail its process is started anew; 0: none does */
    uint64_t health_interval;
    /* milliseconds: how long such an inference may take */
    uint64_t health_timeout;
    /* a model that was loaded and has nothing to do computes a tiny inference at once, so that the first client need not wait for what happens only then */
    bool warm_up;
    /* milliseconds: how long a worker may finish its requests when its model is stopped, before it is killed */
    uint64_t stop_timeout;
    /* milliseconds: unload a model that has not been used for this long; 0 never does */
    uint64_t idle_unload;
    /* milliseconds: longest time that the keep_alive of a request may hold a model that nobody uses, where idle_unload is shorter; 0 is no limit. Memory that another model needs is taken back all the same */
    uint64_t keep_alive_max;
    /* adapters (installed with --base) that one loaded model takes in at once, which then need no process of their own; the one unused for longest goes for another. 0: each has its own process */
    int64_t adapters_max;
    /* crashes in a row before a model, or one of its replicas, rests */
    int64_t breaker_failures;
    /* milliseconds: how long a model that crashed too often rests */
    uint64_t breaker_rest;
    /* milliseconds: how long a model stays loaded before it gives way to another */
    uint64_t shortest_residency;
    /* milliseconds: a model that has waited this long for memory may also take the place of one that was loaded just now, or of one that is in use: what runs there goes on to its end, what waits there waits until it is loaded again */
    uint64_t longest_wait;
    /* bytes: memory that loading a model must leave free */
    uint64_t memory_headroom;
    /* bytes: memory that all models together may take; 0: what the machine (or its cgroup) has */
    uint64_t memory_limit;
    /* while more than this share of time (in per cent, of the last ten seconds, on the machine or in its cgroup) is lost waiting for memory, models that nobody uses unload, one every two seconds; 0: they never do for that */
    int64_t memory_pressure_max;
    /* while the processor is hotter than this, in °C, models compute fewer requests at once, down to an eighth, until it is 5 °C cooler; 0: they never do for that */
    int64_t temperature_max;
    /* whether workers are confined with Landlock and seccomp (auto: as far as the kernel can; require: fully, or they are not run) */
    const char *sandbox;
    /* training jobs that run at once; 0: none is begun */
    int64_t training_active_max;
    /* training jobs that are kept, waiting, running or over; the oldest that are over give way */
    int64_t training_jobs_max;
    /* threads of a training job that does not say how many; 0: one for each core */
    int64_t training_threads;
    /* how often a training job is begun before it has failed, when its process or the server ended under it */
    int64_t training_attempts_max;
    /* milliseconds: longest time that a training job may run, without its rests; 0 sets no limit */
    uint64_t training_time_limit;
    /* milliseconds: how long a training job may take to write its checkpoint when it is stopped, before it is killed */
    uint64_t training_stop;
    /* milliseconds: how long the check of a new training job may take; what it has not found by then shows when the job runs */
    uint64_t training_check_timeout;
    /* a training job whose memory is not free even without the models that nobody uses: wait for it, or refuse the job */
    const char *training_memory;
    /* training jobs rest while more than this share of time (in per cent, of the last ten seconds) is lost waiting for memory; 0: they never do */
    int64_t training_pressure_max;
    /* training jobs rest between epochs while the processor is hotter than this, in °C; 0: they never do */
    int64_t training_temperature_max;
    /* milliseconds: longest rest of a training job for the temperature */
    uint64_t training_cool_down;
    /* path of a model file to serve without installing it */
    const char *model;
    /* serve and install exactly what hearth.lock says, and refuse what differs */
    bool locked;
    /* folder of the engine plug-ins; the default is the one beside the program */
    const char *engines;
    /* address of the hub that hf: sources come from */
    const char *hf_endpoint;
    /* token for private and gated models of the hub */
    const char *hf_token;
    /* files that are fetched at once */
    int64_t download_parallel;
    /* how often a broken transfer is tried again */
    int64_t download_retries;
    /* sqlite:PATH (a relative one is within the home), postgresql://USER:PASSWORD@HOST:PORT/DATABASE or memory:; without it hearth.db in the home */
    const char *database_url;
    /* connections to a PostgreSQL database that are open at most */
    int64_t database_connections;
    /* milliseconds: longest time for a connection to a PostgreSQL database */
    uint64_t database_connect_timeout;
    /* milliseconds: longest time for one statement in a PostgreSQL database */
    uint64_t database_statement_timeout;
    /* MLflow tracking server that models, versions and training runs are told to, http(s)://HOST[:PORT][/PREFIX]; without it nothing is told */
    const char *mlflow_tracking_uri;
    /* user name at the tracking server */
    const char *mlflow_tracking_username;
    /* password of mlflow_tracking_username */
    const char *mlflow_tracking_password;
    /* bearer token at the tracking server, where there is no user name */
    const char *mlflow_tracking_token;
    /* milliseconds: how long POST /models waits for the tracking server before it answers 503; what was not told then is told later all the same */
    uint64_t mlflow_wait;
    /* folder of artifacts; without it artifacts/ in the home */
    const char *artifact_root;
    /* artifacts in use; without it active/ in artifact_root */
    const char *storage_active_path;
    /* artifacts put away; without it archive/ in artifact_root */
    const char *storage_archive_path;
};

#endif
