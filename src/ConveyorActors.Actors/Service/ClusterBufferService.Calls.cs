using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

public sealed partial class ClusterBufferService
{
    const int MostKept = 256;

    long listeners;

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        await AskAsync<Configured>(new ConfigurePipeline(Names.Checked(pipeline), settings.Validated()), cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        await AskAsync<Configured>(new ConfigureStage(Names.Checked(pipeline), Names.Checked(stage), settings), cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return (await AskAsync<LimitsPlanned>(new PlanLimits(Names.Checked(pipeline), settings.Validated()), cancellation).ConfigureAwait(false)).Change;
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        BufferForStageAsync(pipeline, stage, source, record, Receipt.Memory, credits, cancellation);

    /// <inheritdoc/>
    public async ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!WireSize.Fits(record, MaxRecordBytes)) throw WireSize.TooLarge(record, $"of source '{source}'", MaxRecordBytes);
        var offer = new BufferForStage(Names.Checked(pipeline), Names.Checked(stage), Names.Checked(source), record, credits)
        {
            Receipt = receipt,
            Wait = Guid.NewGuid(),
            Owner = Client,
        };
        return (await WaitAsync<Offered>(offer, stage, null, cancellation).ConfigureAwait(false)).Result;
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        BufferBatchForStageAsync(pipeline, stage, source, records, Receipt.Memory, credits, cancellation);

    /// <inheritdoc/>
    public async ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits = null,
        CancellationToken cancellation = default)
    {
        var given = Copied(records);
        return remote is null ? await OfferAsync(pipeline, stage, source, given, receipt, credits, cancellation).ConfigureAwait(false)
            : await new RemoteOffer(remote.MaxBytes, remote.MaxMessageBytes, given, (part, c) => OfferAsync(pipeline, stage, source, part, receipt, credits, c)).RunAsync(source, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>The records go to another node in one message: there must not be more of them than fit into it.</remarks>
    public async ValueTask<OfferResult> OfferOnceAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, OfferId id, Receipt receipt = Receipt.Memory,
        CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        var given = Copied(records);
        if (TooLargeOf(given) is { } large) throw WireSize.TooLarge(large, $"of source '{source}'", MaxRecordBytes);
        if (local is not null)
        {
            ThrowIfEnded();
            using var call = calls.Begin();
            return await local.OfferOnceAsync(new(Names.Checked(pipeline), Names.Checked(stage), Names.Checked(source), given, credits) { Receipt = receipt, Offer = id }, cancellation).ConfigureAwait(false);
        }
        return await OfferAsync(pipeline, stage, source, given, receipt, credits, cancellation, id).ConfigureAwait(false);
    }

    /// <summary>Opens a pipeline of this node, so that offers to it are made in the order of the calls.</summary>
    internal ValueTask OpenAsync(string pipeline, CancellationToken cancellation)
    {
        return local is null || local.IsOpen(pipeline) ? default : AskAsync();

        async ValueTask AskAsync()
        {
            ThrowIfEnded();
            try
            {
                await pipelines.Ask<Configured>(new OpenPipeline(pipeline), askTimeout, cancellation).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                throw new TimeoutException($"Pipeline '{pipeline}' was not opened within {askTimeout.TotalSeconds} s. Nothing was done.");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellation = default) =>
        (await AskAsync<Flushed>(new Flush(Names.Checked(pipeline)), null, cancellation).ConfigureAwait(false)).IsWritten;

    async ValueTask<OfferResult> OfferAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits, CancellationToken cancellation,
        OfferId? id = null)
    {
        var offer = new BufferBatchForStage(Names.Checked(pipeline), Names.Checked(stage), Names.Checked(source), records, credits)
        {
            Receipt = receipt,
            Wait = Guid.NewGuid(),
            Owner = Client,
            Offer = id,
        };
        return (await WaitAsync<Offered>(offer, stage, null, cancellation).ConfigureAwait(false)).Result;
    }

    /// <inheritdoc/>
    public async ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default)
    {
        var ask = new GetBatch(Names.Checked(pipeline), Names.Checked(stage), request) { Wait = Guid.NewGuid(), Owner = Client };
        return (await WaitAsync<Leased>(ask, stage, null, cancellation).ConfigureAwait(false)).Batch;
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default) =>
        SettleAsync(new Complete(Names.Checked(pipeline), Names.Checked(stage), lease, sequences), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        SettleAsync(new CompleteWithNote(Names.Checked(pipeline), Names.Checked(stage), lease, sequences, note.Checked()), cancellation);

    /// <inheritdoc/>
    public async ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) =>
        await AskAsync<Noted>(new SetNote(Names.Checked(pipeline), note.Checked()), cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return (await AskAsync<NoteIs>(new GetNote(Names.Checked(pipeline), key), cancellation).ConfigureAwait(false)).Value;
    }

    /// <inheritdoc/>
    public async ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        (await AskAsync<PositionIs>(new GetPosition(Names.Checked(pipeline), Names.Checked(source)), cancellation).ConfigureAwait(false)).Position;

    /// <inheritdoc/>
    public async ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) =>
        await AskAsync<Noted>(new SetPosition(Names.Checked(pipeline), Names.Checked(source), position), cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default) =>
        SettleAsync(new ReturnToBuffer(Names.Checked(pipeline), Names.Checked(stage), lease, sequences, reason, charge), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default) =>
        SettleAsync(new MakeDeadLetters(Names.Checked(pipeline), Names.Checked(stage), lease, sequences, reason), cancellation);

    /// <inheritdoc/>
    public async ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default)
    {
        var hop = new Hop(Names.Checked(pipeline), Names.Checked(stage), lease, sequences, Names.Checked(targetStage), CheckedResults(targetStage, results));
        return (await AskAsync<Settled>(hop, null, cancellation).ConfigureAwait(false)).Result; // for as long as its results wait for room
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default) =>
        AbandonAsync(pipeline, stage, [lease], reason, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(leases);
        return SettleAsync(new Abandon(Names.Checked(pipeline), Names.Checked(stage), [.. leases], reason), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default) =>
        SettleAsync(
            new Hop(Names.Checked(pipeline), Names.Checked(stage), lease, sequences, Names.Checked(targetStage), CheckedResults(targetStage, results)) { WaitForResults = false },
            cancellation);

    ConveyorRecord? TooLargeOf(ConveyorRecord[] records) => MaxRecordBytes == int.MaxValue ? null : Array.Find(records, r => !WireSize.Fits(r, MaxRecordBytes));

    ConveyorRecord[] CheckedResults(string targetStage, ReadOnlyMemory<ConveyorRecord> results)
    {
        var given = Copied(results);
        return TooLargeOf(given) is { } large ? throw WireSize.TooLarge(large, $"among the results for stage '{targetStage}'", MaxRecordBytes) : given;
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default) =>
        SettleAsync(new Renew(Names.Checked(pipeline), Names.Checked(stage), lease), cancellation);

    async ValueTask<SettleResult> SettleAsync(IStageCommand command, CancellationToken cancellation) =>
        (await AskAsync<Settled>(command, cancellation).ConfigureAwait(false)).Result;

    /// <inheritdoc/>
    public async ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        (await SignalAsync(pipeline, source, cancellation).ConfigureAwait(false)).IsHeld;

    /// <inheritdoc/>
    public async ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        (await AskAsync<SignalIs>(new GetSignal(Names.Checked(pipeline), Names.Checked(source)), cancellation).ConfigureAwait(false)).Signal;

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        ReadSignalsAsync(Names.Checked(pipeline), Names.Checked(source), cancellation);

    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(string pipeline, string source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ThrowIfEnded();
        var signals = Channel.CreateBounded<BackpressureSignal>(new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        var number = Interlocked.Increment(ref listeners);
        // The actor may be gone before it knows of the reader.
        using var end = ended.Token.UnsafeRegister(_ => signals.Writer.TryComplete(), null);
        if (remote is not null) remote.Read(pipeline, source, signals.Writer);
        else owner!.Listen(number, pipeline, source, signals.Writer);
        try
        {
            while (await signals.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
                while (signals.Reader.TryRead(out var signal)) yield return signal;
        }
        finally
        {
            if (remote is not null) remote.StopReading(signals.Writer);
            else owner!.StopListening(number);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        (await AskAsync<Explained>(new Explain(Names.Checked(pipeline), Names.Checked(source)), cancellation).ConfigureAwait(false)).Reasons;

    /// <inheritdoc/>
    public async ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default) =>
        (await AskAsync<Count>(new GetAvailableCredits(Names.Checked(pipeline), Names.Checked(source), stage), cancellation).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default)
    {
        var request = new RequestCredits(Names.Checked(pipeline), Names.Checked(source), Names.Checked(stage), records, timeToLive, bytesPerRecord);
        return (await AskAsync<Granted>(request, cancellation).ConfigureAwait(false)).Grant;
    }

    /// <inheritdoc/>
    public async ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default)
    {
        var request = new RequestCredits(Names.Checked(pipeline), Names.Checked(source), Names.Checked(stage), records, timeToLive, bytesPerRecord, WaitForRoom: true)
        {
            Wait = Guid.NewGuid(),
            Owner = Client,
        };
        return (await WaitAsync<Granted>(request, null, source, cancellation).ConfigureAwait(false)).Grant;
    }

    /// <inheritdoc/>
    public async ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return (int)(await AskAsync<Count>(new GiveBackCredits(Names.Checked(pipeline), grant), cancellation).ConfigureAwait(false)).Value;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        (await AskAsync<HoldChanged>(new PlaceHold(Names.Checked(pipeline), Checked(target), Names.Checked(name)), cancellation).ConfigureAwait(false)).HasChanged;

    /// <inheritdoc/>
    public async ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        (await AskAsync<HoldChanged>(new LiftHold(Names.Checked(pipeline), Checked(target), Names.Checked(name)), cancellation).ConfigureAwait(false)).HasChanged;

    static HoldTarget Checked(HoldTarget target) => Enum.IsDefined(target) ? target
        : throw new ArgumentOutOfRangeException(nameof(target), target, $"target is {target}; it must be Source or Stage.");

    /// <inheritdoc/>
    public async ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default) =>
        (await AskAsync<Fill>(new GetStageUtilization(Names.Checked(pipeline), Names.Checked(stage)), cancellation).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default) =>
        (await AskAsync<Fill>(new GetGlobalUtilization(Names.Checked(pipeline)), cancellation).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default) =>
        (await AskAsync<NameList>(new GetStagesWithData(Names.Checked(pipeline)), cancellation).ConfigureAwait(false)).Names;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        (await AskAsync<Peeked>(new Peek(Names.Checked(pipeline), Names.Checked(stage), max), cancellation).ConfigureAwait(false)).Records;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        (await AskAsync<DeadLetterList>(new GetDeadLetters(Names.Checked(pipeline), Names.Checked(stage), max), cancellation).ConfigureAwait(false)).DeadLetters;

    /// <inheritdoc/>
    public async ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        (int)(await AskAsync<Count>(new ReplayDeadLetters(Names.Checked(pipeline), Names.Checked(stage), max), cancellation).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        (int)(await AskAsync<Count>(new PurgeDeadLetters(Names.Checked(pipeline), Names.Checked(stage), max), cancellation).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default) =>
        (await AskAsync<SnapshotTaken>(new GetSnapshot(Names.Checked(pipeline)), cancellation).ConfigureAwait(false)).Snapshot;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default) =>
        (await AskAsync<NameList>(GetPipelines.Instance, cancellation).ConfigureAwait(false)).Names;

    /// <inheritdoc/>
    public async ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default)
    {
        if (deadline < TimeSpan.Zero && deadline != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(deadline), deadline, $"deadline is {deadline}; it must be from 0 to {TimeSpan.MaxValue}, or infinite.");
        return (await AskAsync<PipelineStopped>(new StopPipeline(Names.Checked(pipeline), deadline), null, cancellation).ConfigureAwait(false)).Report;
    }

    // The actors may still read them after a call that was cancelled or timed out, when the memory is the caller's to use again.
    static ConveyorRecord[] Copied(ReadOnlyMemory<ConveyorRecord> records)
    {
        var copy = records.ToArray();
        for (var i = 0; i < copy.Length; i++)
            if (copy[i] is null) throw new ArgumentNullException(nameof(records), $"records[{i}] is null; it must be a record.");
        return copy;
    }
}
