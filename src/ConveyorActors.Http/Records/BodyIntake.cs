using System.Buffers;
using System.IO.Pipelines;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Reads one body as a stream and offers its records in order, as fast as the client sends them and the buffers accept
/// them.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class BodyIntake(
    IBufferService service,
    ConveyorHttpOptions options,
    IntakeRequest request,
    IReadOnlyDictionary<string, string>? headers
) : IDisposable
{
    const int BatchRecords = 1_000;
    const int BatchBytes = 256 << 10;
    const int UnzippedAtOnce = 64 << 10;

    /// <summary>The memory that a record of a whole body takes besides its bytes.</summary>
    const int KeptPerRecord = 64;

    readonly ItemSplitter splitter = request.Format == BodyFormat.JsonArray ? new ArraySplitter() : new LineSplitter();
    readonly RecordParser parser = new(
        request.Format != BodyFormat.Lines,
        request.IsWrapped,
        request.IdField,
        headers,
        options.MaxRecordBytes
    );
    readonly ReceivedBytes bytes = new(
        request.IdField is null ? ReceivedBytes.BlockBytes : ReceivedBytes.SmallBlockBytes
    );
    readonly RecordBatch batch = new();
    readonly ItemNumbers numbers = new();
    long batchBytes,
        bodyBytes;

    /// <summary>The error of the last item that was read; it counts only if all records before it are accepted.</summary>
    BadItemException? wrongItem;

    public IntakeTotals Totals { get; } = new();

    /// <summary>Gets the records that were read and are not offered yet. They are valid until the intake is disposed.</summary>
    public ReadOnlyMemory<ConveyorRecord> Records => batch.Records;

    /// <summary>Gets the word for the unit of <see cref="RefusedNumber"/>: line or item.</summary>
    public string Word => splitter.Word;

    /// <summary>Gets the number of the line or item of the first refused record; 0: no record was refused.</summary>
    public long RefusedNumber { get; private set; }

    /// <summary>
    /// Gets a function that reserves memory for bytes of a body that is kept whole. It returns false when too many
    /// bytes are kept.
    /// </summary>
    public Func<long, bool> Keep { get; init; } = static _ => true;

    /// <summary>
    /// Reads the body to its end. Records are offered as they arrive, or kept if the body is accepted whole.
    /// </summary>
    /// <exception cref="BadItemException">
    /// A line or item is wrong. Unless the body is accepted whole, the records before it were offered.
    /// </exception>
    public async Task ReadAsync(Stream body, PipeReader bodyReader, CancellationToken cancellationToken)
    {
        if (!request.IsGzip)
        {
            await ReadAsync(bodyReader, cancellationToken).ConfigureAwait(false);
            return;
        }
        var unzipped = new GzipBody(body);
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
                    $"the body is not in gzip format: {Buffers.Inspection.ExceptionLine.Format(e)}"
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
            var read = await ReceiveAsync(reader, cancellationToken).ConfigureAwait(false);
            try
            {
                foreach (var received in read.Buffer)
                    await AddAsync(received, cancellationToken).ConfigureAwait(false);
                while (read.IsCompleted && Take(isEnd: true))
                    await OfferTakenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is BadItemException or BodyTooLargeException)
            {
                await OfferAsync(cancellationToken).ConfigureAwait(false);
                throw;
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }
            if (read.IsCompleted)
                break;
        }
        await OfferAsync(cancellationToken).ConfigureAwait(false);
    }

    async ValueTask<ReadResult> ReceiveAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            if (reader.TryRead(out var read))
                return read;
        }
        catch (IOException e) when (BrokenBody.IsCause(e))
        {
            throw BrokenBody.CreateException(e);
        }
        // Offer what has arrived, so that the records of a slow client do not wait for its next record.
        await OfferAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (BrokenBody.IsCause(e))
        {
            throw BrokenBody.CreateException(e);
        }
    }

    async ValueTask AddAsync(ReadOnlyMemory<byte> received, CancellationToken cancellationToken)
    {
        CountBody(received.Length);
        while (!received.IsEmpty)
        {
            received = received[bytes.Fill(received.Span)..];
            while (Take(isEnd: false))
                await OfferTakenAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes records from the bytes read so far. Returns true when there are enough records to offer, or when an item is
    /// wrong.
    /// </summary>
    bool Take(bool isEnd)
    {
        while (splitter.TryTake(bytes, isEnd, out var item))
        {
            if (Totals.IsStopped)
            {
                parser.CheckSize(item, splitter.Number);
                if (!parser.IsBlank(item.Span))
                    Totals.Read++;
                continue;
            }
            if (Parse(item) is not { } record)
            {
                if (wrongItem is not null)
                    return true;
                continue;
            }
            if (request.IsWhole && !Keep(item.Length + KeptPerRecord))
                throw BodyTooLargeException.CreateForWhole(options.MaxWholeBytes, KeptPerRecord);
            Totals.Read++;
            batch.Add(record);
            numbers.Add(splitter.Number);
            batchBytes += record.GetSize();
            if (!request.IsWhole && (batch.Count == BatchRecords || batchBytes >= BatchBytes))
                return true;
        }
        if (bytes.Unread.Length is var length && length > options.MaxRecordBytes)
            throw RecordParser.CreateTooLargeError(splitter.Number + 1, length, options.MaxRecordBytes);
        return false;
    }

    /// <summary>Returns the record of an item; null: the item is blank or wrong.</summary>
    ConveyorRecord? Parse(ReadOnlyMemory<byte> item)
    {
        try
        {
            return parser.Parse(bytes, item, splitter.Number);
        }
        catch (BadItemException e) when (!e.IsTooLarge)
        {
            wrongItem = e;
            return null;
        }
    }

    // The server limits the bytes sent; this limit applies to the decompressed bytes.
    void CountBody(int bytes)
    {
        bodyBytes += bytes;
        if (bodyBytes > options.MaxBodyBytes)
            throw BodyTooLargeException.Create(options.MaxBodyBytes);
    }

    /// <summary>
    /// Offers the records that were taken. After the first refused record, what an item contains is not checked any
    /// more: how the body arrives, in one piece or in several, must not decide between the refusal and the error.
    /// </summary>
    async ValueTask OfferTakenAsync(CancellationToken cancellationToken)
    {
        await OfferAsync(cancellationToken).ConfigureAwait(false);
        if (wrongItem is not { } wrong)
            return;
        if (!Totals.IsStopped)
            throw wrong;
        wrongItem = null;
        Totals.Read++;
    }

    async ValueTask OfferAsync(CancellationToken cancellationToken)
    {
        if (request.IsWhole || batch.Count == 0)
            return;
        if (!Totals.IsStopped)
        {
            try
            {
                using var wait = new CancellationTokenSource(request.Wait, options.Clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
                RecordResult(
                    await service
                        .BufferBatchForStageAsync(
                            request.Pipeline,
                            request.Stage,
                            request.Source,
                            batch.Records,
                            request.AckLevel,
                            request.Credits,
                            either.Token
                        )
                        .ConfigureAwait(false),
                    batch.Count
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

    public void Dispose() => batch.Dispose();

    /// <summary>Adds the result of offering the first records of the batch.</summary>
    public void RecordResult(in OfferResult result, int offered)
    {
        Totals.Add(result, offered);
        if (2L * result.Accepted < result.Consumed)
            bytes.UseSmallBlocks();
        if (Totals.IsStopped && RefusedNumber == 0 && result.Consumed < numbers.Count)
            RefusedNumber = numbers[result.Consumed];
    }
}
