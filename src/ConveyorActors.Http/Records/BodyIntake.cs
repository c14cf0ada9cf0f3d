using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Reads one body as a stream and offers its records in order, at the pace at which they come and the buffers take
/// them.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class BodyIntake(
    IBufferService service,
    ConveyorHttpOptions options,
    IntakeRequest request,
    IReadOnlyDictionary<string, string>? headers
)
{
    const int BatchRecords = 1_000;
    const int BatchBytes = 256 << 10;
    const int UnzippedAtOnce = 64 << 10;

    readonly ItemSplitter splitter = request.Format == BodyFormat.JsonArray ? new ArraySplitter() : new LineSplitter();
    readonly RecordParser parser = new(
        request.Format != BodyFormat.Lines,
        request.IsWrapped,
        request.IdField,
        headers,
        options.MaxRecordBytes
    );
    readonly List<ConveyorRecord> batch = [];
    readonly List<long> numbers = [];
    long batchBytes,
        bodyBytes;

    public IntakeTotals Totals { get; } = new();

    /// <summary>Gets the records that were read and not offered yet.</summary>
    public IReadOnlyList<ConveyorRecord> Batch => batch;

    /// <summary>Gets the word for what <see cref="RefusedNumber"/> counts.</summary>
    public string Word => splitter.Word;

    /// <summary>Gets the line or item of the first record that was refused; 0: none was.</summary>
    public long RefusedNumber { get; private set; }

    /// <summary>Takes bytes of a body that is kept whole; false: there are too many.</summary>
    public Func<long, bool> Keep { get; init; } = static _ => true;

    /// <summary>
    /// Reads the body to its end. Records are offered as they come; where the body is accepted whole, they are kept.
    /// </summary>
    /// <exception cref="BadItemException">A line or item is wrong. What comes before it was offered.</exception>
    public async Task ReadAsync(Stream body, PipeReader bodyReader, CancellationToken cancellationToken)
    {
        if (!request.IsGzip)
        {
            await ReadAsync(bodyReader, cancellationToken).ConfigureAwait(false);
            return;
        }
        var unzipped = new GZipStream(body, CompressionMode.Decompress);
        await using (unzipped.ConfigureAwait(false))
        {
            var reader = PipeReader.Create(unzipped, new(bufferSize: UnzippedAtOnce));
            try
            {
                await ReadAsync(reader, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataException e)
            {
                throw new BadItemException(
                    splitter.Number + 1,
                    $"the body is not in gzip format: {Buffers.Inspection.OneLine.Of(e)}"
                );
            }
            finally
            {
                await reader.CompleteAsync().ConfigureAwait(false);
            }
        }
    }

    async Task ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!reader.TryRead(out var read))
            {
                // A client that sends slowly does not wait for its own next record.
                await OfferAsync(cancellationToken).ConfigureAwait(false);
                read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            var rest = read.Buffer;
            try
            {
                while (Take(ref rest, read.IsCompleted))
                    await OfferAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                reader.AdvanceTo(read.Buffer.End);
                if (e is BadItemException)
                    await OfferAsync(cancellationToken).ConfigureAwait(false);
                throw;
            }
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                break;
        }
        await OfferAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes records from what was read. True: there are enough of them to be offered.</summary>
    bool Take(ref ReadOnlySequence<byte> rest, bool isEnd)
    {
        while (splitter.TryTake(ref rest, isEnd, out var item))
        {
            CountBody(item.Length + 1);
            if (Totals.IsStopped)
            {
                if (!parser.IsBlank(item))
                    Totals.Read++;
                continue;
            }
            if (parser.Parse(item, splitter.Number) is not { } record)
                continue;
            if (request.IsWhole && !Keep(item.Length + 64))
                throw new BadItemException(
                    splitter.Number,
                    $"the body has more than {options.MaxWholeBytes} bytes; to be accepted whole it must have less"
                )
                {
                    IsTooLarge = true,
                };
            Totals.Read++;
            batch.Add(record);
            numbers.Add(splitter.Number);
            batchBytes += record.Payload.Length;
            if (!request.IsWhole && (batch.Count == BatchRecords || batchBytes >= BatchBytes))
                return true;
        }
        if (splitter.Unfinished(rest) is var length && length > options.MaxRecordBytes)
            throw RecordParser.TooLarge(splitter.Number + 1, length, options.MaxRecordBytes);
        return false;
    }

    // The server bounds the bytes on the wire; of what is compressed, the bytes that it becomes count.
    void CountBody(long bytes)
    {
        bodyBytes += bytes;
        if (bodyBytes - 1 > options.MaxBodyBytes)
            throw new BadItemException(
                splitter.Number,
                $"the body has more than {options.MaxBodyBytes} bytes; it must have less"
            )
            {
                IsTooLarge = true,
            };
    }

    async ValueTask OfferAsync(CancellationToken cancellationToken)
    {
        if (request.IsWhole || batch.Count == 0)
            return;
        if (!Totals.IsStopped)
        {
            var records = batch.ToArray();
            try
            {
                using var wait = new CancellationTokenSource(request.Wait, options.Clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
                Note(
                    await service
                        .BufferBatchForStageAsync(
                            request.Pipeline,
                            request.Stage,
                            request.Source,
                            records,
                            request.AckLevel,
                            request.Credits,
                            either.Token
                        )
                        .ConfigureAwait(false),
                    records.Length
                );
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Totals.Stop(OfferStatus.StageFull);
                RefusedNumber = numbers[0];
            }
        }
        batch.Clear();
        numbers.Clear();
        batchBytes = 0;
    }

    /// <summary>Adds the result of an offer of the batch's first records.</summary>
    public void Note(in OfferResult result, int offered)
    {
        Totals.Add(result, offered);
        if (Totals.IsStopped && RefusedNumber == 0 && result.Consumed < numbers.Count)
            RefusedNumber = numbers[result.Consumed];
    }
}
