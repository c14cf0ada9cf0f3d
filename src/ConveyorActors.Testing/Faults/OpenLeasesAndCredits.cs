namespace ConveyorActors.Testing.Faults;

/// <summary>Tracks the open leases and credits, which a crash makes void.</summary>
sealed class OpenLeasesAndCredits
{
    readonly Lock gate = new();
    readonly Dictionary<(string Pipeline, string Stage, long Lease), int> leases = [];
    readonly Dictionary<(string Pipeline, long Grant), CreditGrant> credits = [];

    /// <summary>Adds a lease.</summary>
    public void Add(string pipeline, LeasedBatch batch)
    {
        if (batch.Count == 0)
            return;
        lock (gate)
            leases[(pipeline, batch.Stage, batch.Id)] = batch.Count;
    }

    /// <summary>Adds a grant.</summary>
    public void Add(string pipeline, CreditGrant grant)
    {
        if (grant.Records == 0)
            return;
        lock (gate)
            credits[(pipeline, grant.Id)] = grant;
    }

    /// <summary>Removes a lease once all of its records are settled.</summary>
    public void RecordSettled(string pipeline, string stage, long lease, SettleResult result)
    {
        lock (gate)
        {
            var key = (pipeline, stage, lease);
            if (!leases.TryGetValue(key, out var open))
                return;
            if (!result.IsOk || open <= result.Settled)
                leases.Remove(key);
            else
                leases[key] = open - result.Settled;
        }
    }

    /// <summary>Removes a grant.</summary>
    public void RecordGivenBack(string pipeline, CreditGrant grant)
    {
        lock (gate)
            credits.Remove((pipeline, grant.Id));
    }

    /// <summary>Returns all leases and gives back all credits at a service.</summary>
    public async Task VoidAsync(IBufferService service)
    {
        (string Pipeline, string Stage, long Lease)[] given;
        (string Pipeline, CreditGrant Grant)[] granted;
        lock (gate)
        {
            given = [.. leases.Keys];
            granted = [.. credits.Select(c => (c.Key.Pipeline, c.Value))];
            leases.Clear();
            credits.Clear();
        }
        foreach (var (pipeline, stage, lease) in given)
            await service
                .ReturnToBufferAsync(pipeline, stage, lease, null, "the service crashed", charge: false, default)
                .ConfigureAwait(false);
        foreach (var (pipeline, grant) in granted)
            await service.GiveBackCreditsAsync(pipeline, grant, default).ConfigureAwait(false);
    }
}
