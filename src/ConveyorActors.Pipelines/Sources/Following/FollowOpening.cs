using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// Opens the followed sources, each where an earlier run stopped, even if its file was renamed, truncated or deleted
/// since.
/// </summary>
sealed class FollowOpening(RunContext run, FollowScope scope)
{
    sealed record Kept(FollowCheckpoint Checkpoint, SourcePosition Position);

    /// <summary>
    /// Opens the followed sources of the definition, and those that its patterns matched in an earlier run.
    /// </summary>
    /// <exception cref="PipelineInputException">
    /// A source cannot be opened, or its position no longer exists.
    /// </exception>
    public static async ValueTask<IReadOnlyList<FollowReader>> OpenAllAsync(RunContext run, FollowScope scope)
    {
        var known = await PatternWatch.FindKnownAsync(run).ConfigureAwait(false);
        var readers = await new FollowOpening(run, scope)
            .OpenAsync([.. run.Definition.Sources.Where(s => s.Follow), .. known])
            .ConfigureAwait(false);
        // A source whose files are all gone is reported only once.
        var names = known.Select(s => s.Name).ToHashSet();
        var gone = readers.Where(r => names.Contains(r.Name) && !r.HasFiles).ToList();
        foreach (var reader in gone)
            reader.Dispose();
        run.Earlier.MoreSources = [.. names.Except(gone.Select(r => r.Name))];
        foreach (var name in run.Earlier.MoreSources)
            run.AddedSources.TryAdd(name, true);
        return [.. readers.Except(gone)];
    }

    /// <summary>Opens the given sources.</summary>
    /// <exception cref="PipelineInputException">
    /// A source cannot be opened, or its position no longer exists.
    /// </exception>
    public async ValueTask<IReadOnlyList<FollowReader>> OpenAsync(IReadOnlyList<SourceDefinition> sources)
    {
        var kept = new List<(SourceDefinition Source, Kept? Kept)>();
        foreach (var source in sources)
            kept.Add((source, await ReadKeptAsync(source).ConfigureAwait(false)));
        // Claim the known files first, so that none of them is taken for a new file of another source.
        foreach (var (source, known) in kept)
        foreach (
            var place in known is null
                ? []
                : (IEnumerable<FollowedPlace>)[known.Checkpoint.Current, .. known.Checkpoint.Earlier]
        )
            scope.Claim(place.Identity.Number, source.Name);
        var readers = new List<FollowReader>();
        try
        {
            // Sources that were read before come first, so that copies of their files are recognized.
            foreach (var (source, known) in kept.OrderBy(k => k.Kept is null))
                readers.Add(
                    new FollowReader(
                        run,
                        scope,
                        source,
                        await (known is null ? BeginAsync(source, readers) : ResumeAsync(source, known)).ConfigureAwait(
                            false
                        )
                    )
                );
            return [.. readers.OrderBy(r => kept.FindIndex(k => k.Source.Name == r.Name))];
        }
        catch
        {
            foreach (var reader in readers)
                reader.Dispose();
            throw;
        }
    }

    /// <summary>Begins with a source that no run has read.</summary>
    async ValueTask<FollowStart> BeginAsync(SourceDefinition source, IReadOnlyList<FollowReader> others)
    {
        if (FollowCheck.Validate(source.Path) is { } why)
            throw new PipelineInputException(why);
        if (FileId.FindNumber(source.Path) is not { } number)
            return source.IsMatch
                ? Nothing
                : throw new PipelineInputException($"source '{source.Path}' cannot be read: no such file");
        if (await scope.FindOwnerAsync(number).ConfigureAwait(false) is { } owner && owner != source.Name)
        {
            if (source.IsMatch)
                return Nothing;
            throw new PipelineInputException(
                run.Definition.Sources.Any(s => s.Name == owner)
                    ? $"source '{source.Path}' is the file that source '{owner}' follows; a file can be followed only once"
                    : $"source '{source.Path}' is the file that an earlier run read as '{owner}', so all of its lines would go through again. "
                        + $"Give the source that name, in a pipeline file: {{ \"name\": \"{owner}\", \"path\": \"{source.Path}\", \"follow\": true }}"
            );
        }
        if (
            source.IsMatch
            && run.Earlier.HasBegun
            && await scope.IsCopyAsync(source.Path, number, others).ConfigureAwait(false)
        )
            return Nothing;
        var file = Open(source.Path);
        scope.Claim(file.Identity.Number, source.Name);
        // Rotated files of this path that exist now were written before the file was followed.
        return new(file, default, [], null, IsNew: true) { Since = RotatedFiles.FindNewest(source.Path, like: null) };
    }

    static FollowStart Nothing => new(null, default, [], null, IsNew: true);

    async ValueTask<FollowStart> ResumeAsync(SourceDefinition source, Kept kept)
    {
        var (checkpoint, position) = (kept.Checkpoint, kept.Position);
        var earlier = new List<FollowedFile>();
        foreach (var place in checkpoint.Earlier)
            if (OpenPlace(source, place, place.Offset, isEarlier: true) is { } file)
                earlier.Add(file);
        var current = OpenPlace(source, checkpoint.Current, checkpoint.GetOffset(position), isEarlier: false);
        // A copy made before the file was truncated is not one of the files after it.
        RotatedFile[] copies =
            current is { Offset: 0 } && checkpoint.GetOffset(position) > 0
                ? [.. RotatedFiles.FindCopies(source.Path, checkpoint.Current.Identity)]
                : [];
        foreach (var copy in copies)
            if (await scope.FindOwnerAsync(copy.Number).ConfigureAwait(false) is null)
                await scope.ClaimCopyAsync(copy.Number, source.Name).ConfigureAwait(false);
        var since = RotatedFiles.FindNewestNumber(copies.Select(c => c.Number));
        FollowedPlace[] places = [checkpoint.Current, .. checkpoint.Earlier];
        var newest = RotatedFiles.FindNewestNumber(places.Select(p => p.Identity.Number));
        return new(
            current,
            position,
            earlier,
            places.FirstOrDefault(p => p.Identity.Number == newest) ?? checkpoint.Current,
            IsNew: false
        )
        {
            Since = RotatedFiles.FindNewestNumber([checkpoint.Since, since]),
        };
    }

    /// <summary>
    /// Opens a file again where reading had stopped. Returns null, after reporting it, if the file is gone or has been
    /// replaced.
    /// </summary>
    FollowedFile? OpenPlace(SourceDefinition source, FollowedPlace place, long offset, bool isEarlier)
    {
        var what = isEarlier ? $"a file that was '{source.Path}' before" : $"'{source.Path}'";
        if (Find(source.Path, place.Identity.Number) is not { } file)
        {
            scope.Report(
                $"{what} had been read up to byte {offset} and was not found at its path or in the same directory: any data after that byte was not read"
            );
            return null;
        }
        if (
            file.Size >= offset
            && (place.Identity.Length == 0 || place.Identity.HasSameStart(file.Handle))
            && place.Mark?.Matches(file.Handle) != false
        )
        {
            file.ResumeAt(place, SkipLineEnd(source, file.Handle, offset));
            return file;
        }
        scope.Report(
            $"{what} was truncated or rewritten after it had been read up to byte {offset}: any data after that byte was not read. "
                + (isEarlier ? "Its present content is not read" : "It is now read from its beginning")
        );
        if (!isEarlier)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>
    /// Returns the offset after the line end, in case a last line was taken without a line end and has got it since.
    /// </summary>
    long SkipLineEnd(SourceDefinition source, SafeFileHandle file, long offset)
    {
        Span<byte> around = stackalloc byte[2];
        if (offset == 0 || RandomAccess.Read(file, around, offset - 1) < 2 || around[0] == run.LineEnd)
            return offset;
        if (around[1] == run.LineEnd)
            return offset + 1;
        scope.Report(
            $"the line at the end of '{source.Path}', which was taken at the last stop, has grown since: the added bytes are a separate line"
        );
        return offset;
    }

    /// <summary>Opens the file with this number, even if it is being renamed at the same time.</summary>
    FollowedFile? Find(string path, string number)
    {
        const int tries = 10;
        for (var i = 0; i < tries; i++)
        {
            if (RotatedFiles.Find(path, number) is not { } at)
                continue;
            try
            {
                var file = FollowedFile.Open(run, at);
                if (file.Identity.Number == number)
                    return file;
                file.Dispose();
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // The file has been renamed again.
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                throw new PipelineInputException($"source '{at}' cannot be read: {Failures.DescribeReason(e, at)}");
            }
        }
        return null;
    }

    FollowedFile Open(string path)
    {
        try
        {
            return FollowedFile.Open(run, path);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"source '{path}' cannot be read: {Failures.DescribeReason(e, path)}");
        }
    }

    async ValueTask<Kept?> ReadKeptAsync(SourceDefinition source)
    {
        if (!run.Buffers.IsDurable)
            return null;
        var position = await run.Buffers.GetPositionAsync(run.Pipeline, source.Name).ConfigureAwait(false);
        var stored = await run
            .Buffers.GetCheckpointAsync(run.Pipeline, FollowCheckpoint.GetKey(source.Name))
            .ConfigureAwait(false);
        if (stored is null)
        {
            if (await scope.History.ReadBeforeAsync(source).ConfigureAwait(false) is { } place)
                return new(new(0, null, place with { Offset = 0 }, []), position!.Value);
            return null;
        }
        if (!run.Earlier.HasBegun)
            throw EarlierRun.CreateLostError(source.Path, "the location of that run's sink");
        if (
            position is not { } stood
            || FollowCheckpoint.Parse(stored) is not { } checkpoint
            || stood.Offset < checkpoint.Base
        )
            throw EarlierRun.CreateLostError(source.Path, "its position");
        return new(checkpoint, stood);
    }
}
