using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Reads sizes and ids of records with the functions of the options, and validates the settings that need these
/// functions.
/// </summary>
sealed class RecordTraits<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;

    public BufferSettings Validate(BufferSettings given)
    {
        given.Validate();
        if (options.SizeOf is null)
        {
            CheckBytes(given.MaxTotalBytes, nameof(given.MaxTotalBytes));
            CheckBytes(given.MaxBytesPerStage, nameof(given.MaxBytesPerStage));
            CheckBytes(given.MaxBytesPerSource, nameof(given.MaxBytesPerSource));
        }
        CheckStage(given.Stage);
        return given;
    }

    static void CheckBytes(long? limit, string name)
    {
        if (limit is { } bytes)
            throw new ArgumentException(
                $"{name} is {bytes}, but BufferManagerOptions.SizeOf is null; set it to a function that returns a record's size."
            );
    }

    public void CheckStage(StageSettings given)
    {
        if (given.Duplicates is not null && options.IdOf is null)
            throw new ArgumentException(
                "StageSettings.Duplicates is set, but BufferManagerOptions.IdOf is null; set it to a function that returns a record's id."
            );
    }

    public int GetSize(T record)
    {
        if (options.SizeOf is not { } sizeOf)
            return 0;
        var size = sizeOf(record);
        return size >= 0
            ? size
            : throw new InvalidOperationException(
                $"BufferManagerOptions.SizeOf returned {size}; a size must be at least 0 bytes."
            );
    }

    public int[]? GetSizes(ReadOnlySpan<T> records)
    {
        if (options.SizeOf is null)
            return null;
        var sizes = new int[records.Length];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = GetSize(records[i]);
        return sizes;
    }

    /// <summary>
    /// Returns the id of a record, in the form in which it is remembered, if the stage suppresses duplicates; else null.
    /// </summary>
    public string? GetId(StageState<T> stage, T record) =>
        stage.Buffer.Settings.Duplicates is not null && options.IdOf is { } idOf
            ? RememberedId.Create(idOf(record))
            : null;

    /// <summary>Returns the ids of records as <see cref="GetId"/> does.</summary>
    public string?[]? GetIds(StageState<T> stage, ReadOnlySpan<T> records) =>
        stage.Buffer.Settings.Duplicates is null ? null : GetAllIds(records);

    /// <summary>
    /// Returns the ids of records, in the form in which they are remembered, whether or not a stage suppresses
    /// duplicates; null: records have no ids.
    /// </summary>
    public string?[]? GetAllIds(ReadOnlySpan<T> records)
    {
        if (options.IdOf is not { } idOf)
            return null;
        var ids = new string?[records.Length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = RememberedId.Create(idOf(records[i]));
        return ids;
    }
}
