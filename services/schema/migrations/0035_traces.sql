-- Of a network that does not know an id again, a transport may find out all the same what became of a send. A message
-- that may have gone is handed once more there, and then not sent but asked about.

-- Whether the transport can find out what became of a send by its id. None that repeats it needs to.
CREATE FUNCTION kompang.can_trace(transport text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN transport = 'simulated_traceable';

-- The simulated network as a client sees it whose network forgets ids.
ALTER TABLE kompang.device
    DROP CONSTRAINT device_transport_check,
    ADD CONSTRAINT device_transport_check CHECK (transport IN ('simulated', 'simulated_traceable', 'neonize'));
