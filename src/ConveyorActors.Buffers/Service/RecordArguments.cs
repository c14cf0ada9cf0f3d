namespace ConveyorActors.Buffers.Service;

/// <summary>Validates records that callers of the port pass.</summary>
static class RecordArguments
{
    /// <exception cref="ArgumentNullException">One of the records is null.</exception>
    public static void Validate(ReadOnlySpan<ConveyorRecord> records, string name)
    {
        for (var i = 0; i < records.Length; i++)
            if (records[i] is null)
                throw new ArgumentNullException(name, $"{name}[{i}] is null; it must be a record.");
    }
}
