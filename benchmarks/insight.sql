-- A record of :sessions sessions of three turns each, over :days from :start on.
INSERT INTO conversations (public_id, open_kfid, external_userid, created_at, scope_rows) SELECT
    'c' || n, 'wk' || n % 3, 'c' || n, :start, jsonb_build_object('门店', (CAST(:stores AS
    text[]))[1 + n % cardinality(CAST(:stores AS text[]))]) FROM generate_series(1, :sessions / 2)
    AS n;
INSERT INTO customers (external_userid, first_seen_at) SELECT external_userid, created_at FROM
    conversations;
CREATE TABLE bench_sessions AS SELECT n, 1 + (CAST(n AS bigint) * 7919) % (:sessions / 2) AS conversation, :start
    + random() * CAST(:days AS interval) AS at, n % 8 = 0 AS people, 'agent' || n % 20 AS agent
    FROM generate_series(1, :sessions) AS n;
-- Few entries are asked for often, many rarely.
CREATE TABLE bench_turns AS SELECT (n - 1) * 3 + k AS id, conversation, people AND k = 3 AS
    people, at + k * interval '40 seconds' AS at, random() AS dice, random() AS confidence,
    (CAST(:entries AS text[]))[1 + floor(power(random(), 3) * cardinality(CAST(:entries AS
    text[])))] AS entry FROM bench_sessions, generate_series(1, 3) AS k;
INSERT INTO turns (id, conversation_id, session_version, created_at, text, action, snapshot,
    decision, trace) OVERRIDING SYSTEM VALUE SELECT id, conversation, 1, at, '可以晚点退房吗', a.action,
    1, jsonb_build_object('faq_id', CASE WHEN a.action = 'answer' THEN entry END, 'confidence',
    confidence, 'reply', repeat('好的，', 100), 'candidates', to_jsonb(array_fill(jsonb_build_object(
    'faq_id', entry, 'question', repeat('问', 20), 'confidence', confidence), ARRAY[5])),
    'handoff', CASE WHEN people THEN
    jsonb_build_object('reason', 'low-confidence') END), '{"rule": "confidence"}' FROM
    bench_turns, LATERAL (SELECT CASE WHEN people THEN 'handoff' WHEN dice < 0.8 THEN 'answer'
    WHEN dice < 0.9 THEN 'clarify' ELSE 'smalltalk' END AS action) AS a ORDER BY id;
INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content, sent_at,
    received_at, fate, turn_id) SELECT 'wk' || conversation % 3, 'm' || id, conversation, 3,
    'text', '{"content": "可以晚点退房吗"}', at, at, 'turn', id FROM bench_turns ORDER BY id;
INSERT INTO handoffs (conversation_id, turn_id, reason, priority, state, created_at, ended_at)
    SELECT conversation, id, CASE WHEN dice < 0.5 THEN 'low-confidence' ELSE 'wish' END, 'normal',
    'ended', at, at + interval '40 minutes' FROM bench_turns WHERE people;
INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,
    servicer_userid, sent_at, received_at, fate) SELECT 'wk' || conversation % 3, 's' || n || '-'
    || k, conversation, 5, 'text', '{}', agent, at + interval '2 minutes' + k * k * random() *
    interval '3 minutes', at, 'recorded' FROM bench_sessions, generate_series(1, 3) AS k WHERE
    people;
INSERT INTO ratings (key, conversation_id, external_userid, session_version, session_started_at,
    userid, asked_at, score, rated_at) SELECT 'r' || n, conversation, 'c' || conversation, 1, at,
    agent, at + interval '45 minutes', (ARRAY['good', 'fair', 'poor'])[1 + n % 3], at + interval
    '46 minutes' FROM bench_sessions WHERE n % 16 = 0;
INSERT INTO turn_judgements (turn_id, verdict, judged_by, judged_at) SELECT id, CASE WHEN random()
    < confidence THEN 'right' ELSE 'wrong' END, 'agent1', at FROM bench_turns WHERE id % 50 = 0;
INSERT INTO turn_labels (turn_id, text, faq_id, source, snapshot, ranked_first, confidence,
    offered, refused, created_at) SELECT id, '问', CASE WHEN random() < confidence THEN entry ELSE
    'x' END, 'click', 1, entry, confidence, '[]', '[]', at FROM bench_turns WHERE id % 33 = 0;
INSERT INTO tag_evidence (external_userid, tag_group, name, change, source, source_name, turn_id,
    at) SELECT 'c' || conversation, '意向', '标签' || id % 30, 'given', 'intent', 'x', id, at FROM
    bench_turns WHERE id % 10 = 0;
INSERT INTO kf_accounts (open_kfid, name) SELECT 'wk' || n, '账号' || n FROM generate_series(0, 2)
    AS n;
INSERT INTO insight_changes (conversation_id) SELECT id FROM conversations ORDER BY id;
