using System.Security.Cryptography;
using System.Text;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Headers;

/// <summary>
/// The header of one source at every stage: each stage gets what the previous stage makes of it, and the sink what the
/// last stage makes of it.
/// </summary>
/// <remarks>
/// Safe for use by many threads. A command is run with the header alone to find out what it makes of it. Some commands
/// write a header only when lines follow. Their header is recognized when it comes back unchanged, and is then stored,
/// since a later run could not find it out.
/// </remarks>
sealed class SourceHeaders
{
    readonly SemaphoreSlim gate = new(1, 1);
    readonly TaskCompletionSource<HeaderLines> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly RunContext run;
    readonly string source;
    readonly IReadOnlyList<ShellCommand> commands;
    readonly HeaderLines?[] given,
        written;

    public SourceHeaders(RunContext run, string source, IReadOnlyList<ShellCommand> commands)
    {
        (this.run, this.source, this.commands) = (run, source, commands);
        given = new HeaderLines?[commands.Count + 1];
        written = new HeaderLines?[commands.Count];
        // This run does not read the source; only its waiting lines pass through.
        if (!run.HasSource(source))
            first.SetResult(HeaderLines.None);
    }

    /// <summary>
    /// Sets the source's first line, or that there is none. The header is stored before any of the lines after it.
    /// </summary>
    public async ValueTask SetAsync(HeaderLines header)
    {
        var before = await ReadStoredAsync(0).ConfigureAwait(false);
        if (!header.IsEmpty && before?.IsSame(header) != true)
        {
            if (before is { IsEmpty: false } && await HasPendingAsync().ConfigureAwait(false))
            {
                run.Control.Fail(
                    $"source '{source}' begins with {header.Text}, but waiting lines of an earlier run came with {before.Text}; process these lines first, with the source as it was"
                );
                return;
            }
            await StoreAsync(0, header).ConfigureAwait(false);
        }
        first.TrySetResult(header.IsEmpty ? before ?? header : header);
    }

    /// <summary>Returns the header that a stage's commands get before each batch; null if the run ends first.</summary>
    public async ValueTask<CommandHeader?> GetCommandHeaderAsync(int stage, CancellationToken kill)
    {
        await gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await GetWritten_NeedsGate(stage, kill).ConfigureAwait(false) is { } makes
                ? new(given[stage]!, makes)
                : null;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Returns the header that comes before the lines of this source in the sink; null if the run ends first.
    /// </summary>
    public async ValueTask<HeaderLines?> GetSinkHeaderAsync(CancellationToken kill)
    {
        await gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await GetGiven_NeedsGate(commands.Count, kill).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Records that a stage has passed on its header unchanged, although it writes nothing for the header alone.
    /// </summary>
    public async ValueTask RecordPassedOnAsync(int stage, CommandHeader header)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (given[stage + 1] is { IsEmpty: false })
                return;
            await StoreAsync(stage + 1, header.Given).ConfigureAwait(false);
            given.AsSpan(stage + 1).Clear();
            written.AsSpan(stage + 1).Clear();
            given[stage + 1] = header.Given;
        }
        finally
        {
            gate.Release();
        }
    }

    async ValueTask<HeaderLines?> GetGiven_NeedsGate(int stage, CancellationToken kill)
    {
        if (given[stage] is { } known)
            return known;
        if (stage > 0)
        {
            if (await GetWritten_NeedsGate(stage - 1, kill).ConfigureAwait(false) is not { } makes)
                return null;
            return given[stage] = makes.IsEmpty ? await ReadStoredAsync(stage).ConfigureAwait(false) ?? makes : makes;
        }
        // Waiting lines of an earlier run use the stored header and do not wait until the source is read.
        if (!first.Task.IsCompleted && await ReadStoredAsync(0).ConfigureAwait(false) is { } stored)
            return stored;
        try
        {
            var read = await first.Task.WaitAsync(kill).ConfigureAwait(false);
            return given[0] = read.IsEmpty ? await ReadStoredAsync(0).ConfigureAwait(false) ?? read : read;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    async ValueTask<HeaderLines?> GetWritten_NeedsGate(int stage, CancellationToken kill)
    {
        if (written[stage] is { } known)
            return known;
        if (await GetGiven_NeedsGate(stage, kill).ConfigureAwait(false) is not { } header)
            return null;
        given[stage] = header;
        if (header.IsEmpty)
            return written[stage] = header;
        var result = await commands[stage].ProbeAsync(header, kill).ConfigureAwait(false);
        return result.End == CommandEnd.Killed
            ? null
            : written[stage] = result.End == CommandEnd.Done ? HeaderLines.From(result.Results) : HeaderLines.None;
    }

    async ValueTask<bool> HasPendingAsync() =>
        (await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false)).Sources.Any(s =>
            s.Source == source && s.Level.Pending > 0
        );

    async ValueTask<HeaderLines?> ReadStoredAsync(int stage) =>
        run.Buffers.IsDurable
            ? HeaderLines.Parse(await run.Buffers.GetCheckpointAsync(run.Pipeline, GetKey(stage)).ConfigureAwait(false))
            : null;

    ValueTask StoreAsync(int stage, HeaderLines header) =>
        run.Buffers.IsDurable
            ? run.Buffers.SetCheckpointAsync(run.Pipeline, new Checkpoint(GetKey(stage), header.ToString()))
            : default;

    /// <summary>
    /// Returns the key of the checkpoint for the header at a stage. The key contains a hash of the preceding commands,
    /// since other commands make another header.
    /// </summary>
    string GetKey(int stage)
    {
        if (stage == 0)
            return $"header {source}";
        var before = string.Join('\0', run.Definition.Stages.Take(stage).Select(s => s.Command));
        return $"header {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(before)).AsSpan(0, 8))} {source}";
    }
}
