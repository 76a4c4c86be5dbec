"""The tables of the journal. A change is a new migration at the end, never an edit of an old one.

Texts are named by their ids from `octavo.ids`; what grows fast (outputs) names its run by `run.number`. Times are seconds
since 1970. `oldest_reader` names the oldest release that may open this database: raise it in the migration that an older
release would misread.

  oldest_reader   one row: release
  counter         one row: next (first number not yet reserved), synced (changed by a commit that has nothing else to sync)
  document        a document: store and path (absolute, real), place attached|detached|bin, epoch, kernelspec, and its base: the
                  file as it was last read or written (its bytes in `base`, large ones in the file bases/<base_file>)
  doc_update      raw Yjs updates by seq (one order for the profile), with checksum and the client clock that they claim
  snapshot        all updates of a document up to seq in one, with checksum
  process         an incarnation of a process; written before the host is asked to start it
  applied         per incarnation: the last event whose results are in here
  run             one execution of a cell, or (state `imported`, own 0) what a file said of it. `place` orders the queue.
                  `part` names the outputs that count: clearing them is a step to the next part
  cleared         what a clear command emptied, by command, so that it can come back
  output          outputs of a run in order; body is JSON of notebook.outputs.Output, a stream's without its text
  output_text     finished lines of a stream in chunks; its last, unfinished line is `output.line`; `lost_*`: what came after
                  the bound of one text
  blob            by hash; data null: the bytes are the file blobs/<hash>. orphaned: since when nothing names it
  output_blob     which output names which blob, as which type
  prompt          open input() prompts; answers are never stored
  command         commands that outlive the web process (restart and run all)
  kept            kept things: checkpoints, replaced texts, the cells' bin
  bin             files and folders in the bin
  breakpoint      breakpoints of a document; anchor: the place in the cell's shared text
  debugging       per document: what else to stop at, watches
  stop            the open stop of a document's kernel; taken away when it goes on
  kernel_limits   limits of a document's kernel, as they were written; no row: the settings hold
  history         what was run at prompts, by language; each text once, with its latest number
"""

MIGRATIONS = (
    """
CREATE TABLE oldest_reader(release TEXT NOT NULL);
INSERT INTO oldest_reader VALUES ('0.1.0');
CREATE TABLE counter(next INTEGER NOT NULL, synced INTEGER NOT NULL);
INSERT INTO counter VALUES (1, 0);

CREATE TABLE document(
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, store TEXT NOT NULL, path TEXT NOT NULL, place TEXT NOT NULL, bin TEXT,
    epoch TEXT NOT NULL, kernel TEXT NOT NULL, base BLOB, base_file TEXT, base_hash TEXT, base_ids TEXT NOT NULL,
    base_version TEXT NOT NULL, made REAL NOT NULL, used REAL NOT NULL);
CREATE UNIQUE INDEX document_path ON document(store, path) WHERE place = 'attached';
CREATE INDEX document_bin ON document(bin) WHERE bin IS NOT NULL;
CREATE TABLE doc_update(
    seq INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
    client INTEGER NOT NULL, clock INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX doc_update_document ON doc_update(document, seq);
CREATE TABLE snapshot(
    document INTEGER PRIMARY KEY REFERENCES document ON DELETE CASCADE,
    seq INTEGER NOT NULL, state BLOB NOT NULL, crc INTEGER NOT NULL);

CREATE TABLE process(
    incarnation TEXT PRIMARY KEY, process TEXT NOT NULL, kind TEXT NOT NULL,
    document INTEGER REFERENCES document ON DELETE SET NULL, kernel TEXT NOT NULL, label TEXT NOT NULL, spec BLOB,
    state TEXT NOT NULL, info BLOB, made REAL NOT NULL, ended REAL, why TEXT NOT NULL);
CREATE INDEX process_document ON process(document);
CREATE INDEX process_process ON process(process);
CREATE TABLE applied(incarnation TEXT PRIMARY KEY REFERENCES process ON DELETE CASCADE, seq INTEGER NOT NULL);

CREATE TABLE run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
    cell TEXT NOT NULL, command TEXT NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL, decided TEXT NOT NULL,
    swept INTEGER NOT NULL, own INTEGER NOT NULL, incarnation TEXT, request TEXT, count INTEGER, source TEXT NOT NULL,
    source_hash TEXT NOT NULL, queued REAL NOT NULL, started REAL, ended REAL, why TEXT NOT NULL,
    part INTEGER NOT NULL, folding BLOB);
CREATE INDEX run_cell ON run(document, cell);
CREATE INDEX run_open ON run(document, place) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX run_request ON run(request) WHERE request IS NOT NULL;
CREATE TABLE cleared(
    id INTEGER PRIMARY KEY, command TEXT NOT NULL, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    part INTEGER NOT NULL, count INTEGER, at REAL NOT NULL, UNIQUE(command, run));
CREATE INDEX cleared_run ON cleared(run);
CREATE TABLE output(
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, part INTEGER NOT NULL, n INTEGER NOT NULL,
    display TEXT NOT NULL, body BLOB NOT NULL, line TEXT NOT NULL, lost_lines INTEGER NOT NULL DEFAULT 0,
    lost_bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(run, part, n));
CREATE TABLE output_text(
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, part INTEGER NOT NULL,
    n INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX output_text_run ON output_text(run, part, n);

CREATE TABLE blob(hash TEXT PRIMARY KEY, size INTEGER NOT NULL, data BLOB, orphaned REAL);
CREATE TABLE output_blob(
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, part INTEGER NOT NULL, n INTEGER NOT NULL,
    hash TEXT NOT NULL REFERENCES blob, type TEXT NOT NULL, form TEXT NOT NULL,
    PRIMARY KEY(run, part, n, hash, type)) WITHOUT ROWID;
CREATE INDEX output_blob_hash ON output_blob(hash);

CREATE TABLE prompt(
    id TEXT PRIMARY KEY, document INTEGER REFERENCES document ON DELETE CASCADE, incarnation TEXT NOT NULL,
    seq INTEGER NOT NULL, run TEXT, prompt TEXT NOT NULL, password INTEGER NOT NULL, parent BLOB NOT NULL,
    answered TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX prompt_incarnation ON prompt(incarnation);
CREATE INDEX prompt_document ON prompt(document);
CREATE TABLE command(
    id TEXT PRIMARY KEY, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, kind TEXT NOT NULL,
    body BLOB NOT NULL, at REAL NOT NULL, done REAL);
CREATE INDEX command_open ON command(document) WHERE done IS NULL;

CREATE TABLE kept(
    id INTEGER PRIMARY KEY, reason TEXT NOT NULL, store TEXT NOT NULL, path TEXT NOT NULL,
    document INTEGER REFERENCES document ON DELETE SET NULL, cell TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL,
    size INTEGER NOT NULL, data BLOB, hash TEXT, about BLOB);
CREATE INDEX kept_path ON kept(store, path, reason);
CREATE INDEX kept_document ON kept(document, reason);
CREATE INDEX kept_hash ON kept(hash) WHERE hash IS NOT NULL;
CREATE TABLE bin(
    id TEXT PRIMARY KEY, store TEXT NOT NULL, path TEXT NOT NULL, location TEXT NOT NULL, folder INTEGER NOT NULL,
    size INTEGER NOT NULL, at REAL NOT NULL);
""",
    """
CREATE TABLE history(
    number INTEGER PRIMARY KEY, language TEXT NOT NULL, source TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX history_language ON history(language, number);
CREATE INDEX history_source ON history(language, source);
""",
    """
CREATE TABLE breakpoint(
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, id TEXT NOT NULL, cell TEXT NOT NULL,
    anchor BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(document, id));
CREATE TABLE debugging(
    document INTEGER PRIMARY KEY REFERENCES document ON DELETE CASCADE, settings BLOB NOT NULL);
CREATE TABLE stop(
    document INTEGER PRIMARY KEY REFERENCES document ON DELETE CASCADE, incarnation TEXT NOT NULL, connection INTEGER NOT NULL,
    number INTEGER NOT NULL, seq INTEGER NOT NULL, thread INTEGER NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL);
""",
    """
CREATE TABLE kernel_limits(
    document INTEGER PRIMARY KEY REFERENCES document ON DELETE CASCADE, memory TEXT NOT NULL, cpu TEXT NOT NULL);
""",
)
