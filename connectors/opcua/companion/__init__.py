"""Companion specifications of OPC UA: what their names mean for an MES, as data."""
