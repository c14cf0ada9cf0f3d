namespace ConveyorActors.Buffers.Stores;

/// <summary>
/// Remembers the results of recent offers with ids: those whose clients may still wait for them, for an hour at most,
/// and no more than <see cref="MostOffers"/> of all clients.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
public sealed class OfferWindow
{
    /// <summary>The most offers that are remembered.</summary>
    public const int MostOffers = 65_536;

    /// <summary>The time for which an offer is remembered, in milliseconds.</summary>
    public const long KeptForMs = 3_600_000;

    readonly Dictionary<Guid, LinkedListNode<Client>> clients = [];
    readonly LinkedList<Client> byUse = []; // the client with the most recent offer is last
    int count;

    sealed class Client(Guid id)
    {
        public Guid Id { get; } = id;

        public Dictionary<long, RecentOffer> ByNumber { get; } = [];

        public Queue<long> Order { get; } = [];

        public long LastAt { get; set; }
    }

    /// <summary>Gets the number of offers remembered. Any thread may read it.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>
    /// Gets the time at which the latest of the offers that were forgotten because there were too many was accepted;
    /// null: none was forgotten.
    /// </summary>
    public long? ForgottenAt { get; private set; }

    /// <summary>Returns whether an offer that is not remembered may have been accepted and forgotten.</summary>
    public bool MayHaveForgotten(long now) => ForgottenAt is { } at && now - at < KeptForMs;

    /// <summary>Finds the progress of an offer.</summary>
    public bool TryFind(Guid client, long number, out RecentOffer offer)
    {
        offer = default;
        return clients.TryGetValue(client, out var known) && known.Value.ByNumber.TryGetValue(number, out offer);
    }

    /// <summary>Remembers the progress of an offer, replacing its earlier progress.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="firstOpen">Offers of the client with lower numbers are forgotten; 0: none.</param>
    public void Add(in RecentOffer offer, long firstOpen)
    {
        if (!clients.TryGetValue(offer.Client, out var node))
            clients.Add(offer.Client, node = new(new(offer.Client)));
        else
            byUse.Remove(node);
        byUse.AddLast(node);
        var client = node.Value;
        client.LastAt = offer.At;
        if (client.ByNumber.TryAdd(offer.Number, offer))
        {
            client.Order.Enqueue(offer.Number);
            count++;
        }
        else
            client.ByNumber[offer.Number] = offer;
        while (client.Order.TryPeek(out var number) && number < firstOpen && number != offer.Number)
            ForgetFirst(client);
        Trim(offer.At);
    }

    void Trim(long now)
    {
        while (byUse.First is { Value: var oldest } first)
        {
            if (now - oldest.LastAt >= KeptForMs)
            {
                count -= oldest.Order.Count;
                oldest.Order.Clear();
            }
            else if (count > MostOffers)
            {
                var at = oldest.ByNumber[oldest.Order.Peek()].At;
                if (!(ForgottenAt > at))
                    ForgottenAt = at;
                ForgetFirst(oldest);
            }
            else
                return;
            if (oldest.Order.Count > 0)
                continue;
            byUse.Remove(first);
            clients.Remove(oldest.Id);
        }
    }

    void ForgetFirst(Client client)
    {
        client.ByNumber.Remove(client.Order.Dequeue());
        count--;
    }

    /// <summary>
    /// Returns the remembered offers: the clients in the order of their last offers, and the offers of each client in
    /// the order in which they were made.
    /// </summary>
    public IReadOnlyList<RecentOffer> ToList() => [.. byUse.SelectMany(c => c.Order.Select(n => c.ByNumber[n]))];

    /// <summary>Copies the offers that another window remembered. Called once, on an empty window.</summary>
    public void Restore(IReadOnlyList<RecentOffer> offers, long? forgottenAt)
    {
        ArgumentNullException.ThrowIfNull(offers);
        foreach (var offer in offers)
            Add(offer, 0);
        ForgottenAt = forgottenAt;
    }
}
