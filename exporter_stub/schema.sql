-- The state tables that usage refers to, as far as it refers to them, and the usage table.

-- Marks a database whose tables are the exporter's own.
CREATE TABLE exporter_stub_migrations ();

CREATE TABLE workflow_states (
    workflow_exec_id text PRIMARY KEY,
    workflow_id      text NOT NULL,
    status           text NOT NULL
);

CREATE TABLE task_states (
    task_exec_id     text PRIMARY KEY,
    task_id          text NOT NULL,
    workflow_exec_id text NOT NULL REFERENCES workflow_states (workflow_exec_id) ON DELETE CASCADE,
    workflow_id      text NOT NULL,
    component        text NOT NULL,
    status           text NOT NULL
);
CREATE INDEX task_states_workflow_exec_id ON task_states (workflow_exec_id);

CREATE TABLE execution_llm_usage (
    id                   bigserial PRIMARY KEY,
    workflow_exec_id     text REFERENCES workflow_states (workflow_exec_id) ON DELETE CASCADE,
    task_exec_id         text REFERENCES task_states (task_exec_id) ON DELETE CASCADE,
    component            text NOT NULL CHECK (component IN ('workflow', 'task', 'agent')),
    agent_id             text,
    provider             text NOT NULL,
    model                text NOT NULL,
    prompt_tokens        bigint NOT NULL CHECK (prompt_tokens >= 0),
    completion_tokens    bigint NOT NULL CHECK (completion_tokens >= 0),
    total_tokens         bigint NOT NULL CHECK (total_tokens >= 0),
    reasoning_tokens     bigint,
    cached_prompt_tokens bigint,
    input_audio_tokens   bigint,
    output_audio_tokens  bigint,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT execution_llm_usage_one_scope CHECK (num_nonnulls(workflow_exec_id, task_exec_id) = 1)
);
CREATE INDEX execution_llm_usage_workflow_exec_id ON execution_llm_usage (workflow_exec_id);
CREATE INDEX execution_llm_usage_task_exec_id ON execution_llm_usage (task_exec_id);
CREATE INDEX execution_llm_usage_component_created_at ON execution_llm_usage (component, created_at);
-- One row a scope, provider and model. NULLs would all be distinct before PostgreSQL 15, so they
-- are compared as empty texts.
CREATE UNIQUE INDEX execution_llm_usage_scope ON execution_llm_usage (
    coalesce(workflow_exec_id, ''), coalesce(task_exec_id, ''), component, provider, model
);

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$;
CREATE TRIGGER execution_llm_usage_updated_at BEFORE UPDATE ON execution_llm_usage
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
